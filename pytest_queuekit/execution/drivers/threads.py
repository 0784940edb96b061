"""All actors at once, each in a thread, by the real clock."""

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
from pytest_queuekit.execution.clock import RealClock
from pytest_queuekit.execution.drivers.blame import naming
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
from pytest_queuekit.recording.operation_log import Gone
from pytest_queuekit.recording.recorder import Recorder

IN_THREADS = Setting(own_process=False, virtual_clock=False)
"""How actors act that are threads of this process."""
_SWITCH = 1e-5
"""Seconds between switches of threads: so few that a race in plain Python shows."""
_PARTING = 1.0
"""Seconds that all threads together have to end when the run is over."""


@dataclass(frozen=True, kw_only=True)
class Threads:
    """Runs the programs at once: a thread each, all set off when all have opened the queue.

    repeat: True to make `Effort.rounds` runs, where chance decides what a run shows.
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
        """Return the runs. Raises NotRunError where the queue is for one thread."""
        if Capability.THREADS not in queue.contract.capabilities:
            raise NotRunError("the queue is for one thread", kind="unsupported")
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
    """What a thread says: that it has opened the queue, or that it is done, and how."""

    done: bool
    error: BaseException | None = None


class ThreadCrew:
    """The actors of a run, a thread each. A thread that hangs is left behind.

    stage: where they act.
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
        """Leave no thread, and raise what one raised since `perform` returned."""
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
        """Run all programs; return when they have ended or the limit has passed.

        When all have opened the queue `meet` is called, and then all are set off. Raises what a
        program raises, with its actor's name.
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
        """Return the next report; None when the deadline has passed without one."""
        with suppress(Empty):
            report = self._reports.get(timeout=max(deadline - time.monotonic(), 0))
            if report.error is not None:
                raise report.error
            return report
        return None

    def _act(self, program: Program) -> None:
        dead = None
        try:
            with suppress(Halt), naming(program.actor):
                dead = self._play(program)
            self._reports.put(_Report(done=True))
            if dead is not None:
                # The dead close nothing; but files must not stay open when the run is over.
                self._over.wait()
                self._env.let_go(dead)
        except BaseException as error:  # noqa: BLE001 - `perform` or `__exit__` raises it again
            self._reports.put(_Report(done=True, error=error))

    def _play(self, program: Program) -> Recorder | None:
        """Run a program; return its actor if that died."""
        recorder = self._env.recorder(program.actor)
        self._reports.put(_Report(done=False))
        self._go.wait()
        try:
            act(program, recorder, self._env)
        except Gone:
            return recorder
        except BaseException:
            self._env.let_go(recorder)
            raise
        self._env.let_go(recorder)
        return None


@contextmanager
def _often_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
