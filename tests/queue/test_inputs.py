"""The queue keeps each argument unchanged, or rejects it with a reason."""

from __future__ import annotations

import collections
import enum
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_queuekit.queue import (
    Queue,
    QueueDatabase,
    QueueInputError,
    QueuePathError,
    SchedulingStrategy,
    Task,
    TaskClaimerFactory,
    TaskQueue,
)
from tests.queue.engines import EVERY_ENGINE, on_sqlite, queue_in
from tests.queue.world import Database

ENGINES = EVERY_ENGINE

LONE_SURROGATES = st.characters(categories=["Cs"], max_codepoint=0xDBFF)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters() | LONE_SURROGATES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def same(first: Any, second: Any) -> bool:
    """Return True if two values are equal in value, type and sign of zero at every level."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float):
        return first == second and math.copysign(1, first) == math.copysign(1, second)
    return bool(first == second)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(payload=json_values)
def test_json_comes_back_equal(queue: Queue, payload: Any) -> None:
    """A JSON payload keeps its value, types, key order, signs and odd characters."""
    task_id = queue.enqueue("t", payload)
    assert same(queue.get(task_id).get_payload(), payload)


@pytest.mark.parametrize(
    "payload",
    [
        "\ud800",
        "a\0b",
        10**4000,
        -0.0,
        5e-324,
        "\u2028 \N{GRINNING FACE}",
        {"": {}},
        [[]],
        "x" * 10**6,
    ],
    ids=lambda value: repr(value)[:12],
)
def test_unusual_payloads(queue: Queue, payload: Any) -> None:
    """An unusual payload that JSON can express comes back unchanged."""
    assert same(queue.get(queue.enqueue("t", payload)).get_payload(), payload)


class Colour(enum.IntEnum):
    RED = 1


class Name(str):
    """A subclass of str, which JSON would turn into a plain str."""


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
KNOT: list[Any] = []
KNOT += [KNOT, KNOT]
DEEP: list[Any] = []
for _ in range(250):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (float("nan"), "nan is not JSON"),
        ([math.inf], "inf is not JSON"),
        ({1: "a"}, "payload: a key of type int would come back as text"),
        ({"a": {None: 1}}, r"payload\['a'\]: a key of type NoneType"),
        ((1, 2), "of type tuple"),
        ({"a": [1, (2,)]}, "of type tuple"),
        ({1, 2}, "of type set"),
        (b"bytes", "of type bytes"),
        (object(), "of type object"),
        (Colour.RED, "of type Colour"),
        (Name("x"), "of type Name"),
        ({Name("x"): 1}, "would come back as text"),
        (collections.OrderedDict(a=1), "of type OrderedDict"),
        (10**5000, "pass such a number as text"),
        ("\ud83d\ude00", "come back as one character"),
        ({"\ud83d\ude00": 1, "\N{GRINNING FACE}": 2}, "come back as one character"),
        (CIRCLE, "contain itself"),
        (KNOT, "contain itself"),
        (DEEP, "more than 200 levels"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_payloads_that_would_come_back_changed(queue: Queue, payload: Any, reason: str) -> None:
    """A payload that would come back changed raises an error with the fix, and adds no task."""
    with pytest.raises(QueueInputError, match=reason):
        queue.enqueue("t", payload)
    assert queue.stats().queued == 0


@pytest.mark.parametrize(
    "priority",
    [0, -1, 1001, True, 1.0, "1", None, 10**5000],
    ids=lambda value: type(value).__name__,
)
def test_priorities(queue: Queue, priority: int) -> None:
    """enqueue() rejects a priority that is not a whole number from 1 to 1000."""
    with pytest.raises(QueueInputError, match=r"priority=.*from 1 to 1000"):
        queue.enqueue("t", None, priority=priority)


@pytest.mark.parametrize("attempts", [0, True, 1001, 2.5])
def test_attempts(queue: Queue, attempts: int) -> None:
    """enqueue() rejects a max_attempts that is not a whole number from 1 to 1000."""
    with pytest.raises(QueueInputError, match=r"max_attempts=.*from 1 to 1000"):
        queue.enqueue("t", None, max_attempts=attempts)


@pytest.mark.parametrize("name", ["", "  ", None, 7, b"w", "x" * 256, "a\0b", "\ud800"])
def test_names(queue: Queue, name: str) -> None:
    """The queue rejects worker ids, task types and keys that are not readable text."""
    for call, argument in (
        (lambda: queue.claim(name), "worker_id"),
        (lambda: queue.heartbeat(name), "worker_id"),
        (lambda: queue.enqueue(name, None), "type"),
    ):
        with pytest.raises(QueueInputError, match=f"{argument}="):
            call()
    if name is not None:
        with pytest.raises(QueueInputError, match="idempotency_key="):
            queue.enqueue("t", None, idempotency_key=name)


def test_names_of_any_script(queue: Queue) -> None:
    """Task types and worker ids may use any script."""
    queue.enqueue("вид", None)
    task = queue.claim("работник-✅")
    assert task is not None
    assert (task.type, task.locked_by) == ("вид", "работник-✅")


@pytest.mark.parametrize(
    "capabilities", [{1: "US"}, {"region": {"US"}}, ["US"], "US", 7, {"a": math.nan}]
)
def test_capabilities(queue: Queue, capabilities: Mapping[str, Any]) -> None:
    """The queue rejects capabilities and compatibilities that are not a JSON object."""
    with pytest.raises(QueueInputError, match="capabilities"):
        queue.claim("w", capabilities)
    with pytest.raises(QueueInputError, match="compatibility"):
        queue.enqueue("t", None, compatibility=capabilities)
    with pytest.raises(QueueInputError, match="capabilities"):
        queue.heartbeat("w", capabilities)


@pytest.mark.parametrize("limit", [0, -1, 1001, True, 1.5, None])
def test_limits(queue: Queue, limit: int) -> None:
    """A limit must be a whole number from 1 to 1000."""
    with pytest.raises(QueueInputError, match="limit="):
        queue.claim_many("w", limit=limit)
    with pytest.raises(QueueInputError, match="limit="):
        queue.dead_letters(limit)


def test_strategies(db: Database) -> None:
    """claim() rejects the name of a strategy."""
    with pytest.raises(QueueInputError, match=r"strategy='fifo'.*SchedulingStrategy\.FIFO"):
        queue_in(db).claim("w", strategy="fifo")  # type: ignore[arg-type] # the point


def test_a_long_value_is_not_repeated_in_full(queue: Queue) -> None:
    """An error message shortens a long value."""
    with pytest.raises(QueueInputError) as caught:
        queue.enqueue("x" * 100_000, None)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("limit", [16, 1000])
def test_a_payload_at_its_limit(db: Database, limit: int) -> None:
    """A payload of as many bytes as the limit is accepted, and one more byte raises an error."""
    queue = queue_in(db, max_payload_bytes=limit)
    most = "x" * (limit - 2)
    assert queue.get(queue.enqueue("t", most)).get_payload() == most
    calls: tuple[Callable[[], object], ...] = (
        lambda: queue.enqueue("t", most + "x"),
        lambda: queue.enqueue_many("t", [None, most + "x"]),
    )
    for name, call in zip((r"payload", r"payloads\[1\]"), calls, strict=True):
        wanted = rf"^{name}: has {limit + 1} bytes .* max_payload_bytes={limit}; "
        with pytest.raises(QueueInputError, match=wanted):
            call()
    assert queue.stats().queued == 1


def test_a_payload_is_measured_in_bytes(db: Database) -> None:
    """A character beyond ASCII counts with the bytes that its JSON takes."""
    queue = queue_in(db, max_payload_bytes=16)
    with pytest.raises(QueueInputError, match="has 26 bytes"):
        queue.enqueue("t", "а" * 4)


def test_a_compatibility_at_its_limit(db: Database) -> None:
    """A compatibility has a limit of its own, in enqueue() and enqueue_many()."""
    queue = queue_in(db, max_compatibility_bytes=20)
    queue.enqueue("t", "x" * 1000, compatibility={"region": "1234567"})
    calls: tuple[Callable[[], object], ...] = (
        lambda: queue.enqueue("t", None, compatibility={"region": "12345678"}),
        lambda: queue.enqueue_many("t", [1, 2], compatibility={"region": "12345678"}),
    )
    for call in calls:
        with pytest.raises(QueueInputError, match=r"has 21 bytes .* max_compatibility_bytes=20"):
            call()
    assert queue.stats().queued == 1


def test_the_default_limits(queue: Queue) -> None:
    """By default, a payload has at most 16 MiB and a compatibility at most 4 KiB."""
    with pytest.raises(QueueInputError, match=f"max_payload_bytes={16 * 2**20}"):
        queue.enqueue("t", "x" * 16 * 2**20)
    with pytest.raises(QueueInputError, match="max_compatibility_bytes=4096"):
        queue.enqueue("t", None, compatibility={"region": "x" * 4096})
    assert queue.stats().queued == 0


@pytest.mark.parametrize("limit", [0, 15, -1, 10**9, True, 1.5, None, "1000"])
def test_limits_that_cannot_be_kept(db: Database, limit: Any) -> None:
    """A limit must be a whole number of bytes that SQLite can keep."""
    with pytest.raises(QueueInputError, match="max_payload_bytes="):
        queue_in(db, max_payload_bytes=limit)
    with pytest.raises(QueueInputError, match="max_compatibility_bytes="):
        queue_in(db, max_compatibility_bytes=limit)


def test_batches_that_are_not_lists(queue: Queue) -> None:
    """Batch arguments must be lists: text, dicts and iterators raise QueueInputError."""
    for payloads in ("abc", {"a": 1}):
        with pytest.raises(QueueInputError, match="list of payloads"):
            queue.enqueue_many("t", payloads)
    for keys in ("ab", iter("ab")):
        with pytest.raises(QueueInputError, match="list of keys"):
            queue.enqueue_many("t", [1, 2], idempotency_keys=keys)  # type: ignore[arg-type]
    for statuses in ("completed", iter(["completed"]), [["completed"]], []):
        with pytest.raises(QueueInputError, match="statuses="):
            queue.purge(0, statuses=statuses)  # type: ignore[arg-type]
    assert queue.stats().queued == 0


@pytest.mark.parametrize("results", [[1], [1, 2, 3], "ab", b"ab", {"a": 1, "b": 2}, 5, None])
def test_complete_many_needs_a_result_for_each_task(queue: Queue, results: Any) -> None:
    """Results that are no list, too few or too many raise QueueInputError and change nothing."""
    queue.enqueue_many("t", [1, 2])
    tasks = queue.claim_many("w", limit=2)
    with pytest.raises(QueueInputError, match="results: "):
        queue.complete_many(tasks, results)
    assert queue.stats().leased == 2
    queue.complete_many(iter(tasks), iter(["a", "b"]))
    assert queue.stats().completed == 2


@pytest.mark.parametrize("tasks", [5, None, "ab", {"a": 1}])
def test_complete_many_needs_a_list_of_tasks(queue: Queue, tasks: Any) -> None:
    """Anything but a list of tasks raises QueueInputError."""
    with pytest.raises(QueueInputError, match="tasks: must be a list"):
        queue.complete_many(tasks)


def test_complete_many_needs_each_task_once(queue: Queue) -> None:
    """A task that is twice in the list is named as such, not as a claim that is no longer held."""
    queue.enqueue_many("t", [1, 2])
    first, second = queue.claim_many("w", limit=2)
    with pytest.raises(QueueInputError, match=r"tasks\[2\] is task 1, as tasks\[0\] is"):
        queue.complete_many([first, second, first])
    assert queue.stats().leased == 2


@pytest.mark.parametrize("db", ["queue.db", Path("queue.db"), None])
def test_a_queue_needs_a_database(db: Any) -> None:
    """A path in place of a QueueDatabase raises QueueInputError at once."""
    with pytest.raises(QueueInputError, match=r"db=.* pass QueueDatabase\(path\)"):
        TaskQueue(db)
    with pytest.raises(QueueInputError, match="db="):
        TaskClaimerFactory.create(SchedulingStrategy.FIFO, db)


@pytest.mark.parametrize("call", ["complete", "extend", "release", "fail"])
def test_a_task_that_no_row_can_be_is_rejected(queue: Queue, call: str) -> None:
    """A Task with an id beyond SQLite's 64 bits raises QueueInputError."""
    with pytest.raises(QueueInputError, match="64 bits"):
        getattr(queue, call)(Task(id=2**70), *(["error"] if call == "fail" else []))


@pytest.mark.parametrize("call", ["get", "cancel", "requeue", "logs"])
def test_an_id_that_no_row_can_have_is_rejected(queue: Queue, call: str) -> None:
    """An id beyond SQLite's 64 bits raises QueueInputError."""
    with pytest.raises(QueueInputError, match="64 bits"):
        getattr(queue, call)(2**70)


@on_sqlite
@pytest.mark.parametrize("name", [None, 3, b"copy.db", "", "a\0b", "\ud800", ["copy.db"]])
def test_paths_that_no_file_can_have(queue: TaskQueue, name: Any) -> None:
    """A backup, a restore and a database reject such a path, and name it."""
    with pytest.raises(QueueInputError, match="path="):
        queue.backup(name)
    with pytest.raises(QueueInputError, match="path="):
        queue.restore(name)
    if name is not None:
        with pytest.raises(QueueInputError, match="path="):
            QueueDatabase(name)


def test_a_relative_path_in_a_deleted_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process whose folder was deleted is asked for an absolute path."""
    folder = tmp_path / "deleted"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(QueuePathError, match="pass an absolute path"):
        QueueDatabase("queue.db")


@on_sqlite
@pytest.mark.parametrize(
    ("value", "message"), [(2**70, "64 bits"), ("\ud800", "lone surrogate")], ids=["int", "text"]
)
def test_a_value_that_sqlite_cannot_hold(db: QueueDatabase, value: object, message: str) -> None:
    """The caller's own SQL raises QueueInputError too, and the next statement works."""
    with pytest.raises(QueueInputError, match=message):
        db.execute("SELECT ?", (value,))
    with pytest.raises(QueueInputError, match=message), db.transaction() as conn:
        conn.execute("SELECT ?", (value,))
    assert db.execute("SELECT 1").fetchone()[0] == 1


@on_sqlite
def test_an_overflow_in_the_callers_block_stays(db: QueueDatabase) -> None:
    """An error of the code inside transaction() is not taken for one of SQLite."""
    with pytest.raises(OverflowError, match="of the caller"), db.transaction():
        raise OverflowError("of the caller")


def test_a_retry_that_is_no_policy(db: Database) -> None:
    """A number for `retry` is refused when the TaskQueue is made, not at the first failure."""
    number: Any = 5
    with pytest.raises(QueueInputError, match="retry=5: must be a RetryPolicy"):
        queue_in(db, retry=number)
