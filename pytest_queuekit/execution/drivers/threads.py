"""Each actor is a thread, and all act at the same time, by the real clock."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import ClassVar

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.play import (
    act,
    in_real_time,
    play,
    programs_of,
    run_folders,
)
from pytest_queuekit.execution.drivers.watchdog import Watchdog
from pytest_queuekit.execution.environment import Environment, Halt
from pytest_queuekit.execution.faults.fault import Setting
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import RealClock
from pytest_queuekit.recording.operation_log import Gone
from pytest_queuekit.recording.recorder import Recorder

IN_THREADS = Setting(own_process=False, virtual_clock=False)
"""The setting of an actor that is a thread of this process."""
_SWITCH = 1e-5
"""Seconds between switches of threads: so short that a race in plain Python shows."""
_PARTING = 1.0
"""Seconds for all threads to end after the run."""


@dataclass(frozen=True, kw_only=True)
class Threads:
    """Runs each program in a thread. All start at once, after each has opened the queue.

    repeat: True to make `Effort.rounds` runs, because chance decides whether a run shows a
        violation.
    """

    repeat: bool = False
    name: ClassVar[str] = "threads"
    concurrent: ClassVar[bool] = True

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return the runs. Raises NotRunError if only one thread may use the queue."""
        if Capability.THREADS not in queue.contract.capabilities:
            raise NotRunError(
                "needs several threads, and the queue is declared for one thread",
                kind="unsupported",
            )
        lease, effort = in_real_time(scenario, queue, effort, where="in threads")
        programs = programs_of(scenario, effort, IN_THREADS)
        for home in run_folders(folder, effort.rounds if self.repeat else 1):
            env = Environment(
                queue, home, clock=RealClock(), lease=lease, effort=effort, progress=progress
            )
            with ThreadCrew(env) as crew:
                run = play(scenario, programs, env, self.name, crew.perform)
            yield run


@dataclass(frozen=True, kw_only=True)
class _Report:
    """The report of a thread: it has opened the queue, or it has ended, perhaps by an error."""

    done: bool
    error: BaseException | None = None


class ThreadCrew:
    """The actors of a run, a thread each. A thread that hangs is left behind.

    env: the environment in which they act.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._reports: SimpleQueue[_Report] = SimpleQueue()
        self._go = threading.Event()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ThreadCrew:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        """End the threads, and raise an error that one of them raised after `perform` returned."""
        self._go.set()
        self._over.set()
        deadline = time.monotonic() + _PARTING
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        while kind is None and not self._reports.empty():
            self._next(deadline)

    def perform(
        self,
        programs: Sequence[Program],
        env: Environment,
        watchdog: Watchdog,
        meet: Callable[[], None] = lambda: None,
    ) -> None:
        """Run all programs. Return when all have ended, or at the limit.

        When all have opened the queue, `meet` is called, and then all start. An error of a program
        is raised again.
        """
        deadline = time.monotonic() + env.effort.limit
        for program in programs:
            self._start(program)
        open_still, acting = len(programs), len(programs)
        while open_still and (report := self._next(deadline)):
            open_still -= 1
            acting -= report.done
        meet()
        env.progress(f"{acting} threads to end", env.effort.limit)
        deadline = time.monotonic() + env.effort.limit
        with _often_switching():
            self._go.set()
            while acting and (report := self._next(deadline)):
                acting -= report.done

    def _start(self, program: Program) -> None:
        name = f"queuekit-{program.actor}"
        thread = threading.Thread(target=self._act, args=(program,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _next(self, deadline: float) -> _Report | None:
        """Return the next report, or None if the deadline passes. Raises the error of a thread."""
        with suppress(Empty):
            report = self._reports.get(timeout=max(deadline - time.monotonic(), 0))
            if report.error is not None:
                raise report.error
            return report
        return None

    def _act(self, program: Program) -> None:
        dead = None
        try:
            with suppress(Halt):
                dead = self._play(program)
            self._reports.put(_Report(done=True))
            if dead is not None:
                # A killed actor closes nothing during the run; its files are closed after it.
                self._over.wait()
                self._env.dispose(dead)
        except BaseException as error:  # noqa: BLE001 - raised again by `perform` or `__exit__`
            self._reports.put(_Report(done=True, error=error))

    def _play(self, program: Program) -> Recorder | None:
        """Run a program. Return its actor if that was killed."""
        recorder = self._env.recorder(program.actor)
        self._reports.put(_Report(done=False))
        self._go.wait()
        try:
            act(program, recorder, self._env)
        except Gone:
            return recorder
        except BaseException:
            self._env.dispose(recorder)
            raise
        self._env.dispose(recorder)
        return None


@contextmanager
def _often_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
