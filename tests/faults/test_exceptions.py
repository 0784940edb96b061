"""Exceptions at any point of a call: Ctrl-C, time limits, signal handlers, memory, recursion."""

from __future__ import annotations

import gc
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import FrameType

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from pytest_queuekit.queue.routing import serves
from tests.faults.calls import CASES, Case
from tests.faults.exceptions import Kind, interrupt_everywhere
from tests.queue.world import START, output, started

pytestmark = pytest.mark.usefixtures("quiet_callbacks")

SAMPLE = 4
"""Points of each call in the plain suite."""
LONG_SAMPLE = 25
"""Points of each call in the slow tests; the full attack tries all of them."""
_MOST_CALLS = 5_000
"""The calls after which a signal is lost; it arrives within some milliseconds, or not at all."""


@pytest.fixture
def quiet_callbacks() -> None:
    """Print no exception of a function that SQL calls: persist-queue turns that on for all."""
    sqlite3.enable_callback_tracebacks(False)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: str(kind.name))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_interrupted_call_leaves_nothing_behind(case: Case, kind: Kind, tmp_path: Path) -> None:
    """The lock is free, the call is whole or not done, the next calls work, close() closes."""
    tally = interrupt_everywhere(case, kind, tmp_path, SAMPLE)
    assert tally.tried > 0 or kind is not Kind.SIGNAL
    assert tally.is_clean, "\n".join(tally.reports)


@pytest.mark.slow
@pytest.mark.parametrize("kind", Kind, ids=lambda kind: str(kind.name))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_call_interrupted_at_many_points(case: Case, kind: Kind, tmp_path: Path) -> None:
    """The same at more points."""
    tally = interrupt_everywhere(case, kind, tmp_path, LONG_SAMPLE)
    assert tally.is_clean, "\n".join(tally.reports)


class Alarm(BaseException):
    """The exception of a signal handler."""


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Alarm


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no interval timer")
def test_a_burst_of_signals_loses_no_answer(path: Path) -> None:
    """What the queue answered before a signal is in the file, whatever the signal interrupted."""
    answered: list[int] = []
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.stats()

        def work() -> None:
            answered.append(queue.enqueue("t", None))
            with db.transaction() as conn:
                row = conn.execute("INSERT INTO task_queue (type) VALUES ('r') RETURNING id")
                added = row.fetchone()[0]
            answered.append(added)
            queue.stats()

        struck = _interrupted(work, 300)
        assert struck == 300
        assert_nobody_holds_the_lock(path)
        assert set(answered) <= set(tasks(path))
        queue.enqueue("t", None)
        assert queue.integrity_check() == []
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def _interrupted(work: Callable[[], object], times: int) -> int:
    """Call `work` again and again, each time with a signal after some microseconds.

    Returns the number of signals whose exception arrived here, and ends at the first that does not.
    No garbage is collected meanwhile: CPython drops an exception in a function of `gc.callbacks`,
    and Hypothesis, once used, has such a function, in which a signal during the collection arrives.
    """
    before, struck = signal.signal(signal.SIGALRM, _raise), 0
    collects = gc.isenabled()
    gc.disable()
    try:
        while struck < times:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.00005 + struck % 97 * 0.00001)
                for _ in range(_MOST_CALLS):
                    work()
                break
            except Alarm:
                struck += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if collects:
            gc.enable()
    return struck


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no interval timer")
@pytest.mark.parametrize("clock", [None, lambda: START], ids=["system clock", "own clock"])
def test_signals_inside_callbacks_of_sql(
    path: Path, clock: Callable[[], float] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each exception of a handler comes out as itself, also where SQL has called Python."""
    with QueueDatabase(path, clock=clock) as db:
        queue = TaskQueue(db)
        for number in range(40):
            queue.enqueue("t", None, compatibility={"region": [[number] * 50] * 10})

        def work() -> None:
            serves.cache_clear()
            assert queue.claim("w", {"region": "none"}) is None
            db.execute("SELECT datetime('now'), (SELECT max(julianday('now')) FROM task_queue)")

        assert _interrupted(work, 300) == 300
        assert_nobody_holds_the_lock(path)
        assert queue.claim("w", {"region": "none"}) is None
    assert capsys.readouterr().err == ""


CALLS: dict[str, Callable[[QueueDatabase, sqlite3.Connection], object]] = {
    "enqueue": lambda db, conn: db.execute("INSERT INTO task_queue (type) VALUES ('t')"),
    "claim": lambda db, conn: TaskQueue(db).claim("w"),
    "conn.execute": lambda db, conn: conn.execute("SELECT datetime('now')"),
    "several arguments": lambda db, conn: conn.execute("SELECT datetime('now', '-1 day')"),
    "executemany": lambda db, conn: conn.executemany(
        "INSERT INTO task_queue (type) VALUES (?)", [("t",)]
    ),
    "executescript": lambda db, conn: conn.executescript("SELECT datetime('now')"),
    "fetchone": lambda db, conn: _second_row(conn).fetchone(),
    "fetchmany": lambda db, conn: _second_row(conn).fetchmany(5),
    "fetchall": lambda db, conn: _second_row(conn).fetchall(),
    "iteration": lambda db, conn: list(_second_row(conn)),
}


def _second_row(conn: sqlite3.Connection) -> sqlite3.Cursor:
    rows = conn.execute(
        "SELECT julianday(CASE id WHEN 1 THEN '2000-01-01' ELSE 'now' END) FROM task_queue"
    )
    rows.fetchone()
    return rows


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("kind", [Alarm, KeyboardInterrupt, MemoryError, ZeroDivisionError])
def test_an_exception_of_the_clock_comes_out_as_itself(
    path: Path,
    call: Callable[[QueueDatabase, sqlite3.Connection], object],
    kind: type[BaseException],
) -> None:
    """What a clock raises in the middle of SQL reaches the caller, once, and changes nothing."""
    failing: list[BaseException] = []

    def clock() -> float:
        if failing and sys._getframe(1).f_code.co_name == "function":  # SQL has called
            raise failing.pop()
        return START

    with QueueDatabase(path, clock=clock) as db:
        queue = TaskQueue(db)
        queue.enqueue_many("t", [1, 2])
        conn = db.get_connection()
        failing.append(kind("from the clock"))
        with pytest.raises(kind, match="from the clock"):
            call(db, conn)
        assert tasks(path) == [1, 2]
        assert queue.claim("w") is not None
        assert conn.execute("SELECT datetime('now')").fetchone()[0] == "2027-01-15 08:00:00"


_UNDER_FIRE = """
import ctypes, sys, threading
from pytest_queuekit.queue import QueueDatabase, TaskQueue
from pytest_queuekit.queue.routing import serves

class Alarm(BaseException):
    pass

queue = TaskQueue(QueueDatabase(sys.argv[1]))
answered, stop = [], threading.Event()

def work():
    while not stop.is_set():
        try:
            while True:
                answered.append(queue.enqueue("t", None))
        except Alarm:
            continue

threading.excepthook = sys.unraisablehook = lambda _: None  # an exception outside the queue
struck = 0
while struck < 300:
    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive() and struck < 300:
        target, alarm = ctypes.c_ulong(thread.ident), ctypes.py_object(Alarm)
        struck += ctypes.pythonapi.PyThreadState_SetAsyncExc(target, alarm)
        thread.join(timeout=0.0007)
    stop.set()
    thread.join(timeout=0.05)
    while thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), alarm)
        thread.join(timeout=0.05)
    stop.clear()
queue.enqueue("last", None)
stored = {row[0] for row in queue.db.execute("SELECT id FROM task_queue")}
print(len(set(answered) - stored), queue.integrity_check())
queue.db.close()
"""


def test_asynchronous_exceptions_from_another_thread(path: Path) -> None:
    """PyThreadState_SetAsyncExc, as libraries for time limits use it, loses no answer either."""
    assert output(started(_UNDER_FIRE, path)) == "0 []\n"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_signal_handler_may_read_the_queue(path: Path) -> None:
    """A handler that reads in the middle of another call takes nothing from its answer."""
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.enqueue_many("t", range(50))
        seen: list[int] = []
        claimed: list[int] = []

        def enter(frame: FrameType, event: str, _argument: object) -> None:
            if event == "c_return" and frame.f_code.co_name == "_run":
                sys.setprofile(None)
                seen.append(queue.get(1).id)

        for _ in range(10):
            sys.setprofile(enter)
            try:
                task = queue.claim("w")
            finally:
                sys.setprofile(None)
            assert task is not None
            claimed.append(task.id)
        assert len(seen) == 10
        assert claimed == list(range(1, 11))
        assert queue.stats().leased == 10


def test_a_transaction_that_nothing_ended(db: QueueDatabase, path: Path) -> None:
    """If further exceptions kept a transaction open, the next call ends it first."""
    queue = TaskQueue(db)
    queue.enqueue("t", None)
    session = db._pool.get()
    session.run("BEGIN IMMEDIATE")
    session.run("INSERT INTO task_queue (type) VALUES ('lost')")
    assert queue.enqueue("t", None) == 2
    assert list(tasks(path)) == [1, 2]


@pytest.mark.parametrize("way", ["execute", "get_connection"])
def test_a_transaction_of_the_caller_goes_on(db: QueueDatabase, path: Path, way: str) -> None:
    """A BEGIN outside a block is the caller's: the queue's calls take part in it."""
    queue = TaskQueue(db)
    queue.stats()
    run = db.execute if way == "execute" else db.get_connection().execute
    run("BEGIN")
    queue.enqueue("t", None)
    run("INSERT INTO task_queue (type) VALUES ('raw')")
    assert tasks(path) == []
    run("COMMIT")
    assert len(tasks(path)) == 2


def test_a_block_in_an_exit_stack(db: QueueDatabase, path: Path) -> None:
    """ExitStack enters and leaves a block like a `with` statement."""
    with ExitStack() as stack:
        conn = stack.enter_context(db.transaction())
        conn.execute("INSERT INTO task_queue (type) VALUES ('kept')")
    with suppress(KeyError), ExitStack() as stack:
        conn = stack.enter_context(db.transaction())
        conn.execute("INSERT INTO task_queue (type) VALUES ('undone')")
        raise KeyError
    block = db.transaction()
    block.__enter__().execute("INSERT INTO task_queue (type) VALUES ('kept')")
    block.__exit__(None, None, None)
    assert len(tasks(path)) == 2


def test_a_block_passes_stop_iteration_on(db: QueueDatabase) -> None:
    """StopIteration leaves a block unchanged, although a generator runs it."""
    with pytest.raises(StopIteration), db.transaction():
        next(iter(()))


def assert_nobody_holds_the_lock(path: Path) -> None:
    """Take the lock with a connection that does not wait."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")


def tasks(path: Path) -> list[int]:
    """Return the ids that another connection sees."""
    with closing(sqlite3.connect(path)) as conn:
        return [row[0] for row in conn.execute("SELECT id FROM task_queue ORDER BY id")]
