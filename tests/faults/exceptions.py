"""Interrupts a call of the queue at every point where CPython can deliver an exception.

A profiler counts the points of a call in the queue, in contextlib and in the bodies of its
blocks. Then the call runs again for each point, with one fault (`Kind`):

- SIGNAL raises where CPython delivers signals and asynchronous exceptions: after a call of a C
  function has returned, and at the start of each function and of each step of a generator.
- MEMORY raises instead of a call of a C function.
- DEPTH lowers the recursion limit, so that calls fail at one level after another.

After each fault, while the traceback keeps all frames alive, the attack looks at the queue.
"""

from __future__ import annotations

import contextlib
import dis
import gc
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from pytest_queuekit import queue
from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.faults import calls
from tests.faults.attack import Attack, spread
from tests.faults.calls import CASES, Case, Rows, Subject
from tests.faults.tally import Tally
from tests.queue.world import START

BATCHES = 20
MOST_LEVELS = 60
"""Levels of calls that no call of the queue exceeds."""
_IN_QUEUE = (str(Path(queue.__file__).parent), contextlib.__file__)
_OBSERVED = (*_IN_QUEUE, calls.__file__)
_IMPOSSIBLE = {
    # A call of these functions needs no memory.
    *(("c_call", name) for name in ("__exit__", "close", "release", "rollback")),
    # Python code cannot close a descriptor whose number it never received.
    ("c_return", "open"),
}
"""Points that are left out."""
_RESUME = dis.opmap["RESUME"]


class Interrupted(BaseException):
    """The exception that the attack raises."""


class Kind(Enum):
    """How a fault interrupts a call; the values are the events of the profiler."""

    SIGNAL = ("call", "c_return")
    MEMORY = ("c_call",)
    DEPTH = ()


EXPECTED: dict[Kind, tuple[type[BaseException], ...]] = {
    Kind.SIGNAL: (Interrupted,),
    Kind.MEMORY: (Interrupted, Exception),  # SQLite replaces some
    Kind.DEPTH: (Exception,),
}


def _batch(kind: Kind, number: int, limit: int, folder: Path) -> Tally:
    """Interrupt the calls at every BATCHES-th of all points, or at `limit` points in all."""
    tally = Tally()
    template = _template(folder)
    points = [
        (case, point) for case in CASES for point in range(_count_points(case, kind, template))
    ][number - 1 :: BATCHES]
    for index in spread(len(points), limit):
        interrupt(*points[index - 1], kind, template, tally)
    return tally


def interrupt_everywhere(case: Case, kind: Kind, folder: Path, limit: int) -> Tally:
    """Interrupt one call at `limit` points, evenly spread."""
    tally = Tally()
    template = _template(folder)
    for point in spread(_count_points(case, kind, template), limit):
        interrupt(case, point - 1, kind, template, tally)
    return tally


def _template(folder: Path) -> Path:
    path = folder / "template.db"
    with QueueDatabase(path, clock=lambda: START) as db:
        TaskQueue(db).enqueue_many("t", [1, 2, 3, 4])
    return path


@contextmanager
def _subject(template: Path) -> Iterator[Subject]:
    folder = Path(tempfile.mkdtemp(dir=template.parent))
    shutil.copy(template, folder / "queue.db")
    subject = Subject(folder / "queue.db")
    subject.queue.stats()
    try:
        yield subject
    finally:
        subject.close()
        shutil.rmtree(folder)


def _count_points(case: Case, kind: Kind, template: Path) -> int:
    if kind is Kind.DEPTH:
        return MOST_LEVELS
    with _subject(template) as subject:
        profiler = _Profiler(kind, at=None)
        profiler.run(case.prepare(subject))
        return profiler.count


def interrupt(case: Case, point: int, kind: Kind, template: Path, tally: Tally) -> None:
    """Interrupt a call at one point, and look at the queue afterwards."""
    whole = _rows_after(case, template)
    sqlite3.enable_callback_tracebacks(False)  # it is one switch for the whole process
    with _subject(template) as subject:
        call = case.prepare(subject)
        before = subject.rows()
        where = f"{case.name} at {kind.name} {point}"
        # A collection would run the callbacks of other objects in the middle of the call.
        gc.disable()
        try:
            if kind is Kind.DEPTH:
                _at_depth(point, call)
            else:
                _Profiler(kind, at=point).run(call)
        except EXPECTED[kind] as error:
            # The traceback keeps the frames, and all their objects, alive.
            tally.tried += 1
            where += _place(error)
            _look(case, subject, before, whole, where, tally)
        finally:
            gc.enable()
        subject.close()
        _look_for_open_files(subject, where, tally)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(_IN_QUEUE):
            place = f" ({Path(name).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place


def _at_depth(levels: int, call: Callable[[], object]) -> None:
    """Make a call with a recursion limit that leaves it some levels."""
    before, depth = sys.getrecursionlimit(), 0
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    while sys.getrecursionlimit() == before:
        with contextlib.suppress(RecursionError):  # the limit is below the present depth
            sys.setrecursionlimit(depth + levels)
        depth += 1
    try:
        call()
    finally:
        sys.setrecursionlimit(before)


class _Profiler:
    """Counts the points of a call; interrupts the call at number `at`."""

    def __init__(self, kind: Kind, *, at: int | None) -> None:
        self._events = kind.value
        self._at = at
        self.count = 0

    def run(self, call: Callable[[], object]) -> None:
        sys.setprofile(self._see)
        try:
            call()
        finally:
            sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        if event not in self._events or not frame.f_code.co_filename.startswith(_OBSERVED):
            return
        name = getattr(argument, "__name__", "")
        if (event, name) in _IMPOSSIBLE:
            return
        del argument  # the traceback would keep what it is bound to alive
        # CPython delivers nothing where a generator is resumed by throw().
        if event == "call" and frame.f_code.co_code[frame.f_lasti] != _RESUME:
            return
        self.count += 1
        if self.count - 1 == self._at:
            sys.setprofile(None)
            raise Interrupted


def _look(
    case: Case, subject: Subject, before: Rows, whole: Rows, where: str, tally: Tally
) -> None:
    """Report what an interrupted call has left behind."""
    try:
        problems = subject.problems()
    except sqlite3.Error as error:
        tally.report("wrong", f"{where}: the lock is not free ({error})")
        return
    for problem in problems:
        tally.report("damaged", f"{where}: {problem}")
    if subject.is_in_transaction():
        tally.report("wrong", f"{where}: a transaction is open")
    left = subject.rows()
    if not case.in_steps and left not in (before, whole):
        harm = "lost" if len(left) < len(before) else "damaged"
        tally.report(harm, f"{where}: the call is done in part")
    if not case.closes:
        _call_again(subject, where, tally)


_whole: dict[str, Rows] = {}


def _rows_after(case: Case, template: Path) -> Rows:
    """Return the rows after a whole call."""
    if case.name not in _whole:
        with _subject(template) as subject:
            case.prepare(subject)()
            _whole[case.name] = subject.rows()
    return _whole[case.name]


def _call_again(subject: Subject, where: str, tally: Tally) -> None:
    """Use the queue again, and look at the answers from a second connection."""
    before = len(subject.tasks())
    try:
        ids = [subject.queue.enqueue("next", None), *subject.queue.enqueue_many("next", [1])]
        with subject.db.transaction() as conn:
            conn.execute("INSERT INTO task_queue (type) VALUES ('next')")
        task = subject.queue.claim("next")
        if task is not None:
            subject.queue.complete(task)
        subject.queue.stats()
        subject.db.execute("SELECT 1").fetchall()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
        tally.report("wrong", f"{where}: the next calls raised {error!r}")
        return
    tasks = subject.tasks()
    if not set(ids) <= set(tasks) or (task is not None and tasks[task.id] != "completed"):
        tally.report("lost", f"{where}: an answer of the next calls")
    elif len(tasks) != before + 3:
        harm = "lost" if len(tasks) < before + 3 else "doubled"
        tally.report(harm, f"{where}: the next calls made {len(tasks) - before} tasks")


def _look_for_open_files(subject: Subject, where: str, tally: Tally) -> None:
    if subject.open_files():
        # The cache of a sqlite3 connection refers to the connection.
        gc.collect()
        if subject.open_files():
            tally.report("wrong", f"{where}: close() left {subject.open_files()} open")


_CHECKED = (
    "the lock is free at once, the call is done whole or not at all, the next calls work and their "
    "answers are on disk, close() closes every file"
)
SIGNALS = Attack(
    name="exception",
    model="an exception at every point where CPython delivers signals, in every public call",
    checked=_CHECKED,
    batches=BATCHES,
    run=partial(_batch, Kind.SIGNAL),
)
MEMORY = Attack(
    name="memory",
    model="an exception instead of each call of a C function, in every public call",
    checked=_CHECKED,
    batches=BATCHES,
    run=partial(_batch, Kind.MEMORY),
)
RECURSION = Attack(
    name="recursion",
    model="a recursion limit reached at each level of calls, in every public call",
    checked=_CHECKED,
    batches=BATCHES,
    run=partial(_batch, Kind.DEPTH),
)
