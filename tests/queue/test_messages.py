"""Messages are one line of bounded length, name the value, and show no secret of a payload."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    QueueDatabaseError,
    QueueDiskFullError,
    QueueInputError,
    QueuePayloadError,
    RetryPolicy,
    SchedulingStrategy,
    StaleClaimError,
    Task,
    TaskClaimerFactory,
    TaskLog,
    TaskQueue,
    Worker,
    check_worker_count,
)
from pytest_queuekit.queue.translation import why_not_openable
from tests.queue.world import add_raw, change_raw, output, started

SECRET = "hunter2"  # noqa: S105 - the word that no message may contain
LONGEST = 500
"""Most characters of a message in these tests; the paths in them are short."""


class Silent:
    """An object without a printable form."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Endless:
    """An object with a printable form of many lines."""

    def __repr__(self) -> str:
        return "line\n" * 1_000_000


KNOT: list[Any] = []
KNOT += [KNOT, KNOT]
HOSTILE = {
    "silent": Silent(),
    "endless": Endless(),
    "long text": "x\n" * 1_000_000,
    "long bytes": b"x" * 1_000_000,
    "long list": [Silent()] * 100_000,
    "a list in itself": KNOT,
    "huge int": 10**5000,
    "surrogates": "\ud83d\ude00",
    "type with a long name": type("x" * 1_000_000, (), {})(),
}
Call = Callable[[TaskQueue, Any], object]
CALLS: dict[str, Call] = {
    "path": lambda queue, value: QueueDatabase(_bad_path(value)),
    "synchronous": lambda queue, value: QueueDatabase(":memory:", synchronous=value),
    "busy_seconds": lambda queue, value: QueueDatabase(":memory:", busy_seconds=value),
    "type": lambda queue, value: queue.enqueue(value, None),
    "payload": lambda queue, value: queue.enqueue("t", {"key": (value,)}),
    "payload key": lambda queue, value: queue.enqueue("t", {_Key(value): 1}),
    "payloads": lambda queue, value: queue.enqueue_many("t", _Batch(value)),  # type: ignore[arg-type]
    "priority": lambda queue, value: queue.enqueue("t", None, priority=value),
    "delay": lambda queue, value: queue.enqueue("t", None, delay=value),
    "key": lambda queue, value: queue.enqueue("t", None, idempotency_key=value),
    "keys": lambda queue, value: queue.enqueue_many("t", [1], idempotency_keys={1: value}),  # type: ignore[arg-type]
    "compatibility": lambda queue, value: queue.enqueue("t", None, compatibility=value),
    "max_attempts": lambda queue, value: queue.enqueue("t", None, max_attempts=value),
    "worker_id": lambda queue, value: queue.claim(value),
    "capabilities": lambda queue, value: queue.claim("w", value),
    "lease_seconds": lambda queue, value: queue.claim("w", lease_seconds=value),
    "strategy": lambda queue, value: queue.claim("w", strategy=value),
    "limit": lambda queue, value: queue.claim_many("w", limit=value),
    "task": lambda queue, value: queue.complete(value),
    "get": lambda queue, value: queue.get(value),
    "cancel": lambda queue, value: queue.cancel(value),
    "requeue": lambda queue, value: queue.requeue(value),
    "log": lambda queue, value: queue.log(value, "INFO", "m"),
    "level": lambda queue, value: queue.log(1, value, "m"),
    "logs": lambda queue, value: queue.logs(value),
    "older_than": lambda queue, value: queue.purge(value),
    "statuses": lambda queue, value: queue.purge(0, statuses=value),
    "workers": lambda queue, value: check_worker_count(value),
    "retry": lambda queue, value: RetryPolicy(first=value),
    "record": lambda queue, value: Task.from_dict(value),
}


class _Key:
    """A key that JSON cannot have."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return repr(self.value)


class _Batch(_Key):
    """A value that cannot be iterated."""


def _bad_path(value: Any) -> Any:
    return value + "\0" if isinstance(value, str) else value


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_hostile_value_ends_in_one_line(queue: TaskQueue, call: Call) -> None:
    """A value of any size, with any repr(), raises QueueInputError with one short line."""
    for kind, value in HOSTILE.items():
        with pytest.raises(QueueInputError) as caught:
            call(queue, value)
        message = str(caught.value)
        assert len(message) <= LONGEST, kind
        assert message.isprintable(), kind


@pytest.mark.parametrize(
    "value",
    [None, "x", 1.5, True, 2**70, -(2**70), 10**5000, [1], Task()],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("call", ["get", "cancel", "requeue", "logs", "log"])
def test_an_id_that_is_not_a_whole_number(queue: TaskQueue, call: str, value: object) -> None:
    """A task_id of a wrong type, or beyond 64 bits, raises QueueInputError."""
    queue.enqueue("t", None)
    arguments = (value, "INFO", "m") if call == "log" else (value,)
    with pytest.raises(QueueInputError, match=r"^task_id=.*: must be a whole number"):
        getattr(queue, call)(*arguments)


@pytest.mark.parametrize("task_id", [0, -1, 2**63 - 1, -(2**63)])
def test_an_id_without_a_row(queue: TaskQueue, task_id: int) -> None:
    """An id that no task has raises LookupError, at the limits of 64 bits too."""
    with pytest.raises(LookupError):
        queue.get(task_id)


class _Unhashable:
    def __hash__(self) -> int:
        raise RuntimeError("no hash")


@pytest.mark.parametrize("value", [None, "fifo", 1.5, True, 2**70, ["fifo"], {}, _Unhashable()])
def test_a_strategy_of_a_wrong_type(queue: TaskQueue, db: QueueDatabase, value: Any) -> None:
    """A strategy that is not a SchedulingStrategy raises QueueInputError that lists them all."""
    for call in (
        lambda: queue.claim("w", strategy=value),
        lambda: TaskClaimerFactory.create(value, db),
    ):
        with pytest.raises(QueueInputError, match=r"strategy=.*must be one of .*\.FIFO") as caught:
            call()
        assert all(member.name in str(caught.value) for member in SchedulingStrategy)


def test_a_refused_payload_is_named_by_its_place(queue: TaskQueue) -> None:
    """The message names the place and the type of a value that JSON would change."""
    with pytest.raises(QueueInputError) as caught:
        queue.enqueue("t", {"user": {"codes": [1, (SECRET,)]}})
    assert str(caught.value) == (
        "payload['user']['codes'][1]: a value of type tuple would come back changed; "
        "use dict, list, str, int, float, bool or None"
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"a": (SECRET,)},
        {"a": SECRET.encode()},
        {"a": f"{SECRET}\ud83d\ude00"},
        {"a": {"b": SECRET, 1: SECRET}},
        (SECRET,),
    ],
)
def test_a_refused_payload_is_not_shown(queue: TaskQueue, payload: object) -> None:
    """No message about a payload, a result or details contains a value of it."""
    queue.enqueue("t", None)
    task = queue.claim("w")
    assert task is not None
    calls: tuple[Callable[[], object], ...] = (
        lambda: queue.enqueue("t", payload),
        lambda: queue.enqueue_many("t", [1, payload]),
        lambda: queue.enqueue_many("t", SECRET),
        lambda: queue.enqueue_many("t", {SECRET: 1}),
        lambda: queue.complete(task, payload),
        lambda: queue.complete({"payload": payload}),  # type: ignore[arg-type] # the point
        lambda: queue.log(task.id, "INFO", "m", payload),
    )
    for call in calls:
        with pytest.raises(QueueInputError) as caught:
            call()
        assert SECRET not in str(caught.value)


def test_a_repr_shows_sizes_instead_of_texts(queue: TaskQueue) -> None:
    """repr() of a task or a log line shows id, type, state and sizes, and no text of the work."""
    queue.enqueue("mail", {"password": SECRET})
    task = queue.claim("w")
    assert task is not None
    shown = repr(task)
    for part in ("id=1", "type='mail'", "status='leased'", "attempts=0", "max_attempts=5"):
        assert part in shown
    assert "payload=<22 characters>" in shown
    done = queue.complete(task, {"token": SECRET})
    queue.enqueue("mail", None)
    failing = queue.claim("w")
    assert failing is not None
    failed = queue.fail(failing, f"password {SECRET} was refused")
    queue.log(1, "INFO", f"password is {SECRET}", {"password": SECRET})
    for value in (task, done, failed, queue.logs(1), [task], {"task": task}):
        assert SECRET not in repr(value)
        assert SECRET not in f"{value}"


@pytest.mark.parametrize(
    "record",
    [
        Task(type="x" * 1_000_000, status="\n", locked_by="x" * 1_000_000),
        Task(payload=b"\0" * 100, result=7),  # type: ignore[arg-type] # as other SQL may store
        Worker(worker_id="x" * 1_000_000, capabilities="x" * 1_000_000),
        TaskLog(level="x" * 1_000_000),
    ],
)
def test_a_repr_is_one_short_line(record: object) -> None:
    """repr() of a row with huge columns is one short line."""
    assert len(repr(record)) <= LONGEST
    assert repr(record).isprintable()


@pytest.mark.parametrize("text", [f'{{"password": "{SECRET}"', f'"{SECRET}"', f'["{SECRET}"]'])
def test_a_stored_payload_that_is_not_json_is_not_shown(text: str) -> None:
    """QueuePayloadError states the size of a stored text; its cause does not hold the text."""
    task = Task(payload=text, compatibility=text, result=text)
    with pytest.raises(
        QueuePayloadError, match=rf"task_id=None, payload=<{len(text)} characters>"
    ) as caught:
        task.get_payload_dict()
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(QueuePayloadError, match="compatibility=<"):
        task.get_compatibility()


def test_a_worker_with_a_long_name_in_a_stale_claim(queue: TaskQueue, db: QueueDatabase) -> None:
    """StaleClaimError shortens the name of the present holder, which other SQL wrote."""
    queue.enqueue("t", None)
    task = queue.claim("w")
    assert task is not None
    change_raw(db, task.id, "locked_by = hex(zeroblob(500000)), lease_token = 7")
    with pytest.raises(StaleClaimError) as caught:
        queue.complete(task)
    assert len(str(caught.value)) <= LONGEST


# -- messages of SQLite ------------------------------------------------------------------------


def _spoil(path: Path, old: str, *, name: str) -> None:
    """Put bytes that are not UTF-8 into the text of an object of the schema."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA writable_schema=1")
        spoilt = f"CAST(replace(CAST({{}} AS BLOB), CAST('{old}' AS BLOB), x'ff41') AS TEXT)"
        conn.execute(
            f"UPDATE sqlite_master SET sql = {spoilt.format('sql')}, name = "
            f"{spoilt.format('name')}, tbl_name = {spoilt.format('tbl_name')} WHERE name = ?",
            (name,),
        )
        conn.execute("PRAGMA writable_schema=RESET")


@pytest.fixture
def refusing(db: QueueDatabase, path: Path) -> Iterator[QueueDatabase]:
    """Yield a database with a trigger that refuses tasks, in a message that is not UTF-8."""
    with db.transaction() as conn:
        conn.execute(
            "CREATE TRIGGER refuses BEFORE INSERT ON task_queue WHEN NEW.type = 'refused' "
            "BEGIN SELECT RAISE(ABORT, 'reason QQ'); END"
        )
    db.close()
    _spoil(path, "QQ", name="refuses")
    with QueueDatabase(path) as reopened:
        yield reopened


def test_a_message_of_a_trigger_that_is_not_utf8(refusing: QueueDatabase) -> None:
    """A message of SQLite that is not UTF-8 is translated, through the API and in own SQL."""
    queue = TaskQueue(refusing)
    insert = "INSERT INTO task_queue (type) VALUES ('refused')"

    def by_transaction() -> None:
        with refusing.transaction() as conn:
            conn.execute(insert)

    def by_connection() -> None:
        with refusing.connection() as conn:
            conn.executemany(insert.replace("'refused'", "?"), [("refused",)])

    calls: tuple[Callable[[], object], ...] = (
        lambda: queue.enqueue("refused", None),
        lambda: queue.enqueue_many("refused", [1]),
        lambda: refusing.execute(insert),
        by_transaction,
        by_connection,
    )
    for call in calls:
        with pytest.raises(QueueDatabaseError, match=r"reason \\xffA"):
            call()
    assert queue.enqueue("welcome", None) == 1


def test_the_name_of_an_index_that_is_not_utf8(db: QueueDatabase, path: Path) -> None:
    """An error that names an index in bytes that are not UTF-8 is translated too."""
    with db.transaction() as conn:
        conn.execute("CREATE TABLE lost (a)")
        conn.execute("CREATE INDEX QQ ON lost (a)")
    db.close()
    _spoil(path, "QQ", name="QQ")
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA writable_schema=1")
        conn.execute("DELETE FROM sqlite_master WHERE name = 'lost'")
    with QueueDatabase(path) as spoilt, pytest.raises(QueueDatabaseError, match=r"\\xffA"):
        TaskQueue(spoilt).stats()


def test_an_error_of_the_block_itself_is_not_translated(db: QueueDatabase) -> None:
    """A UnicodeDecodeError of the code inside a block reaches the caller as it is."""
    for block in (db.transaction, db.connection, db.snapshot):
        with pytest.raises(UnicodeDecodeError), block():
            b"\xff".decode()


def test_a_column_that_is_not_utf8(db: QueueDatabase) -> None:
    """Own SQL that reads text that is not UTF-8 raises an error that hides the value."""
    task_id = add_raw(db)
    change_raw(db, task_id, f"payload = CAST(x'{SECRET.encode().hex()}ff' AS TEXT)")
    with (
        pytest.raises(QueueDatabaseError, match="UTF-8 column 'payload'") as caught,
        db.transaction() as conn,
    ):
        conn.execute("SELECT payload FROM task_queue").fetchone()
    assert SECRET not in str(caught.value)


def test_a_long_message_of_sqlite(db: QueueDatabase) -> None:
    """A message of SQLite that repeats the statement is shortened."""
    for sql in (f"SELECT * FROM {'x' * 100_000}", f"SELECT '{'x' * 100_000}", "SELECT \n\n @"):
        with pytest.raises(QueueDatabaseError) as caught:
            db.execute(sql)
        assert len(str(caught.value)) <= LONGEST
        assert str(caught.value).isprintable()


# -- shortages of the system -------------------------------------------------------------------

_SHORT_OF_FILES = """
import os, resource, sys
from pytest_queuekit.queue import QueueDatabase, QueuePathError, TaskQueue
path, left = sys.argv[1], int(sys.argv[2])
queue = TaskQueue(QueueDatabase(path))
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
held = []
try:
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
for _ in range(left):
    os.close(held.pop())
try:
    queue.enqueue("t", None)
except QueuePathError as error:
    print(error)
for descriptor in held:
    os.close(descriptor)
print(queue.enqueue("t", None))
"""
_SHORT_OF_SPACE = """
import resource, sys
from pytest_queuekit.queue import *
path, limit = sys.argv[1], int(sys.argv[2])
queue = TaskQueue(QueueDatabase(path))
if limit > 100_000:
    queue.enqueue("t", None)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    while True:
        queue.enqueue("t", "x" * 5000)
except QueueDatabaseError as error:
    print(type(error).__name__, error)
stored = queue.stats().queued if limit > 100_000 else 0
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(queue.enqueue("t", None) - stored)
"""
unix_only = pytest.mark.skipif("not hasattr(__import__('os'), 'fork')")


@unix_only
@pytest.mark.parametrize("left", [0, 1, 2])
def test_too_many_open_files(path: Path, left: int) -> None:
    """A process that may open no more files is told so, and goes on when it closes some."""
    lines = output(started(_SHORT_OF_FILES, path, left)).splitlines()
    assert "too many open files (EMFILE)" in lines[0]
    assert lines[1:] == ["1"]


@unix_only
@pytest.mark.parametrize(
    ("limit", "kind"), [(200_000, "QueueOutcomeUnknownError"), (20_000, "QueueDiskFullError")]
)
def test_a_limit_on_the_size_of_files(path: Path, limit: int, kind: str) -> None:
    """A process that has reached its limit on file sizes is told so, and loses nothing."""
    lines = output(started(_SHORT_OF_SPACE, path, limit)).splitlines()
    assert lines[0].startswith(kind)
    assert "(EFBIG)" in lines[0]
    assert lines[1:] == ["1"]


def test_a_full_database(queue: TaskQueue, db: QueueDatabase) -> None:
    """A full database raises QueueDiskFullError; the next call works when there is room."""
    queue.enqueue("t", None)
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count={pages}").fetchone()
    with pytest.raises(QueueDiskFullError, match="nothing was changed"):
        queue.enqueue("t", "x" * 100_000)
    db.execute("PRAGMA max_page_count=100000").fetchone()
    assert queue.enqueue("t", None) == 2


def test_a_disk_without_inodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be created because the disk is full is not blamed on permissions."""

    class Full:
        f_bavail, f_files, f_favail = 100, 100, 0

    monkeypatch.setattr(os, "statvfs", lambda path: Full)
    assert "no inodes left on the disk (ENOSPC)" in why_not_openable(str(tmp_path / "queue.db"))
