"""One run in several processes that did not start each other, such as xdist workers.

Each process is a lane with a driver of its own. All drivers get the same scenario, queue, effort,
shared folder and number of lanes:

    driver = XdistWorkers(folder=shared, lane=2, lanes=4)
    run = next(driver.runs(scenario, queue, private, effort))

Lane 1 makes the queue and runs the script. The programs are dealt to the lanes in turn, and start
at the same moment in all of them. The lane that ends last collects the operations, runs the ending
and yields the run; the others raise JudgedElsewhereError. If the lanes do not meet in time, all of
them raise NotRunError.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pytest_queuekit.errors import JudgedElsewhereError, NotRunError
from pytest_queuekit.execution.drivers.barrier import Barrier
from pytest_queuekit.execution.drivers.play import close, in_real_time, programs_of, run_of
from pytest_queuekit.execution.drivers.threads import IN_THREADS, ThreadCrew
from pytest_queuekit.execution.drivers.watchdog import Hung, Watchdog
from pytest_queuekit.execution.environment import Environment, Halt
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import SECOND, History
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import RealClock
from pytest_queuekit.recording.operation_log import LogFile, read_log_file

_LEAD = 20_000_000
"""Nanoseconds between a decision and the moment to act on it, so that all lanes have read it."""
_READY, _GO, _DONE, _JUDGE = "ready", "go", "done", "judge"


class XdistWorkers:
    """One lane of a run.

    folder: the folder that the lanes of this run share, and no other run uses.
    lane: the number of this lane, from 1.
    lanes: the number of lanes.
    patience: seconds to wait for the other lanes.
    """

    name = "lanes"
    concurrent = True

    def __init__(self, *, folder: Path, lane: int, lanes: int, patience: float = 60.0) -> None:
        self.folder = folder
        self.lane = lane
        self.lanes = lanes
        self.patience = patience

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return one run, in the shared folder; `folder` is not used.

        Raises JudgedElsewhereError in all lanes but the last to finish. Raises NotRunError if the
        lanes do not meet, or only one process may use the queue.
        """
        if Capability.PROCESSES not in queue.contract.capabilities:
            raise NotRunError(
                "needs several processes, and the queue is declared for one process",
                kind="unsupported",
            )
        lease, effort = in_real_time(scenario, queue, effort, where="in other processes")
        programs = programs_of(scenario, effort, IN_THREADS)
        meeting = Barrier(self.folder, party=self.lane, parties=self.lanes, patience=self.patience)
        with _failing_together(meeting, self.lane), ExitStack() as stack:
            clock = RealClock()
            env = self._env(queue, lease, effort, meeting, clock)
            progress(f"{self.lanes} lanes to meet", self.patience)
            watchdog = Watchdog(env.log, effort.limit)
            stack.callback(close, env, watchdog)
            if self.lane == 1:
                _prepare(scenario, env, watchdog)
                meeting.decide(_READY, f"{clock.epoch} {env.location}")
            meeting.agree(_READY)
            self._act(programs, env, watchdog, meeting)
            history = self._finish(scenario, env, watchdog, meeting)
        queue.adapter.dispose(env.location)
        yield run_of(env, history, programs)

    def _env(
        self,
        queue: QueueUnderTest,
        lease: float,
        effort: Effort,
        meeting: Barrier,
        clock: RealClock,
    ) -> Environment:
        """Return the environment: lane 1 makes the queue, and the others use its location."""
        home = self.folder / "queue"
        if self.lane == 1:
            home.mkdir()
            location = queue.adapter.provision(home)
        else:
            epoch, _, location = meeting.agree(_READY).partition(" ")
            clock.epoch = int(epoch)
        return Environment(queue, home, clock=clock, lease=lease, effort=effort, location=location)

    def _act(
        self,
        programs: Sequence[Program],
        env: Environment,
        watchdog: Watchdog,
        meeting: Barrier,
    ) -> None:
        def set_off() -> None:
            moment = meeting.meet(_GO, lambda: str(env.clock.now() + _LEAD))
            env.clock.wait(max(int(moment) - env.clock.now(), 0) / SECOND)

        share = programs[self.lane - 1 :: self.lanes]
        with ThreadCrew(env) as crew:
            crew.perform(share, env, watchdog, meet=set_off)

    def _finish(
        self, scenario: Scenario, env: Environment, watchdog: Watchdog, meeting: Barrier
    ) -> History:
        with suppress(Hung):  # a closing that hangs does not delay the other lanes
            watchdog.do(env.close)
        with LogFile(self._log(self.lane)) as log:
            for operation in env.log.operations():
                log(operation)
        self._strikes(self.lane).write_text(json.dumps(sorted(env.strikes)), encoding="utf-8")
        meeting.arrive(_DONE)
        if meeting.missing(_DONE) or not meeting.decide(_JUDGE, str(self.lane)):
            raise JudgedElsewhereError
        for lane in range(1, self.lanes + 1):
            if lane != self.lane:
                env.log.extend(read_log_file(self._log(lane)))
                strikes = json.loads(self._strikes(lane).read_text(encoding="utf-8"))
                env.strikes |= {(actor, number) for actor, number in strikes}
        ending = scenario.ending
        if ending:
            with suppress(Halt, Hung):
                watchdog.do(lambda: ending(env))
        return env.history(self.name)

    def _log(self, lane: int) -> Path:
        return self.folder / f"lane-{lane}.jsonl"

    def _strikes(self, lane: int) -> Path:
        return self.folder / f"lane-{lane}.strikes.json"


def _prepare(scenario: Scenario, env: Environment, watchdog: Watchdog) -> None:
    script = scenario.script
    if script:
        with suppress(Halt, Hung):
            watchdog.do(lambda: script(env))


@contextmanager
def _failing_together(meeting: Barrier, lane: int) -> Iterator[None]:
    """Let no lane wait for a lane that failed before the start."""
    try:
        yield
    except BaseException as error:
        for decision in (_READY, _GO):
            meeting.call_off(decision, f"lane {lane} failed: {type(error).__name__}: {error}")
        raise
