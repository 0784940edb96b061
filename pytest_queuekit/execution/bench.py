"""Records a workload of several threads on a new queue as a history file for `queuekit check`.

The file has every call up to the moment, however the bench ends: each is written when it begins and
again when it has ended. The head says `drained` only once the queue is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from pytest_queuekit.errors import AdapterError, UsageError
from pytest_queuekit.execution.drivers.play import in_turn, play
from pytest_queuekit.execution.drivers.threads import ThreadCrew
from pytest_queuekit.execution.drivers.watchdog import Watchdog
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.execution.workload import LEASE, Workload
from pytest_queuekit.histories.head import Head
from pytest_queuekit.histories.writing import line_of
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import Sharing
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import RealClock
from pytest_queuekit.recording.operation_log import Log, LogFile
from pytest_queuekit.recording.raised import describe_error

Progress = Callable[[str], None]
"""Takes what is being done, in a few words; any thread may call it."""

_EVERY = 100
"""Operations between two reports of progress."""
_LONGEST_WAIT = 30.0
"""Seconds that the bench waits in the end for leases, delays and retries."""
_HANG = 30.0
"""Seconds beyond its time after which a worker is left alone."""
_HEAD = Head(clock="ns", complete=True)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recorded workload.

    history: its calls; `History.drained` if workers claimed until the queue was empty.
    over_time: True if the time ended before the workers had enqueued all tasks.
    """

    history: History
    over_time: bool


def record_workload(
    queue: QueueUnderTest,
    workload: Workload,
    path: Path,
    *,
    folder: Path,
    seconds: float,
    progress: Progress,
) -> Recording:
    """Let the workers of a workload call a new queue, then empty it, and write every call.

    path: the history file, which must not exist yet. Raises FileExistsError.
    folder: an empty folder for the files of the queue.
    seconds: after this time, the workers enqueue and claim no more.

    Raises UsageError if the queue is for one thread, and the workers are several; AdapterError for
    an answer of the wrong form. After Ctrl-C, the workers end with the call that they are in.
    """
    alone = queue.contract.sharing is Sharing.NONE
    if alone and workload.workers > 1:
        raise UsageError("the queue is declared for one thread: give --workers 1")
    location = _provisioned(queue.adapter, folder)
    with path.open("x", encoding="ascii") as file:
        file.write(f"{_HEAD.line()}\n")
    over = threading.Event()
    crew = _Crew(over=over, seconds=seconds, alone=alone)
    with LogFile(path, line_of) as file:
        env = Environment(
            queue,
            folder,
            clock=RealClock(epoch=0),
            lease=LEASE,
            effort=Effort(max_wait=_LONGEST_WAIT, limit=seconds + _HANG),
            progress=lambda awaited, most: progress(f"{awaited}: at most {most:.0f} s"),
            location=location,
            log=_Written(file, progress),
        )
        scenario = Scenario(ending=Environment.settle)
        programs = workload.programs(queue.contract, over)
        history = play(scenario, programs, env, "recorded", crew.perform).history
    with suppress(Exception, SystemExit):  # the history is complete
        queue.adapter.dispose(location)
    if history.drained:
        _vouch(path)
    return Recording(history=history, over_time=over.is_set())


def _provisioned(adapter: type[QueueAdapter], folder: Path) -> str:
    try:
        return adapter.provision(folder)
    except Exception as error:
        text = f"{adapter.__name__}.provision() raised {describe_error(error)}"
        raise AdapterError(text) from error


@dataclass(frozen=True, kw_only=True)
class _Crew:
    """Lets the workers act, and ends them.

    over: set once they must end.
    seconds: the time after which it is.
    alone: True to run the only worker in the thread of all other calls on the queue.
    """

    over: threading.Event
    seconds: float
    alone: bool

    def perform(self, programs: Sequence[Program], env: Environment, watchdog: Watchdog) -> None:
        """Run all programs. After Ctrl-C, each has a second to end."""
        timer = threading.Timer(self.seconds, self.over.set)
        timer.start()
        try:
            if self.alone:
                in_turn(programs, env, watchdog)
            else:
                self._in_threads(programs, env, watchdog)
        finally:
            timer.cancel()

    def _in_threads(
        self, programs: Sequence[Program], env: Environment, watchdog: Watchdog
    ) -> None:
        with ThreadCrew(env) as crew:
            try:
                crew.perform(programs, env, watchdog)
            except BaseException:
                self.over.set()
                raise


class _Written(Log):
    """A log that is also written to a file."""

    def __init__(self, file: LogFile, progress: Progress) -> None:
        super().__init__()
        self._file = file
        self._progress = progress
        self._counter = count(1)

    def __call__(self, operation: Operation) -> None:
        """Add an operation, or replace its earlier state. Raises Gone if the log is closed."""
        super().__call__(operation)
        self._file(operation)
        if operation.end is not None and (calls := next(self._counter)) % _EVERY == 0:
            self._progress(f"recorded {calls:,} calls")


def _vouch(path: Path) -> None:
    """Let the head say that the queue was emptied, in the place that it has."""
    head = replace(_HEAD, drained=True).line().ljust(len(_HEAD.line()))
    with path.open("r+b") as file:
        file.write(head.encode("ascii"))
