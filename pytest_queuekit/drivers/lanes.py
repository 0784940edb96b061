"""One run in several processes that did not start each other, such as the workers of pytest-xdist.

Each process is a lane. All call `run` of a `Lanes` of their own, with the same scenario, queue,
effort, shared folder and number of lanes, and a number of their own:

    driver = Lanes(folder=shared, lane=2, lanes=4)
    history = driver.run(scenario, subject, private, effort)

Lane 1 makes the queue and runs the script; the programs are dealt out to the lanes in turn, and
set off in all of them at one moment. The lane that finishes last collects what all observed, runs
the ending and returns the history; in the others `run` raises JudgedElsewhereError. Where the
lanes do not meet in time, `run` raises NotRunError in all of them. (`Lanes` is a driver like any
other: a rule is put to a queue with `judge(replace(rule, driver=driver), ...)`, for one round.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pytest_queuekit.clock import RealClock
from pytest_queuekit.contract import Capability
from pytest_queuekit.drivers.hand import Hand, Hung
from pytest_queuekit.drivers.play import close, programs_of, real_lease
from pytest_queuekit.drivers.rendezvous import Rendezvous
from pytest_queuekit.drivers.threads import ThreadCrew
from pytest_queuekit.errors import JudgedElsewhereError, NotRunError
from pytest_queuekit.history import SECOND, History
from pytest_queuekit.level import Effort
from pytest_queuekit.log import LogFile, read_log_file
from pytest_queuekit.scenario import Scenario
from pytest_queuekit.stage import Halt, Stage
from pytest_queuekit.subject import Subject

_LEAD = 20_000_000
"""Nanoseconds from the decision to the moment at which all lanes act, so that all have seen it."""
_READY, _GO, _DONE, _JUDGE = "ready", "go", "done", "judge"


class Lanes:
    """One lane of a run.

    folder: the same for all lanes of this run, and for no other run.
    lane: the number of this lane, from 1.
    lanes: how many there are.
    patience: seconds to wait for the other lanes.
    """

    name = "lanes"

    def __init__(self, *, folder: Path, lane: int, lanes: int, patience: float = 60.0) -> None:
        self.folder = folder
        self.lane = lane
        self.lanes = lanes
        self.patience = patience

    def run(self, scenario: Scenario, subject: Subject, folder: Path, effort: Effort) -> History:
        """Run this lane's share. The files are in the shared folder; `folder` is not used.

        Raises JudgedElsewhereError in all lanes but the last to finish, and NotRunError where the
        lanes did not meet, or the queue is for one process.
        """
        if Capability.PROCESSES not in subject.contract.capabilities:
            raise NotRunError("the queue is for one process")
        lease = real_lease(scenario, subject, effort)
        meeting = Rendezvous(
            self.folder, party=self.lane, parties=self.lanes, patience=self.patience
        )
        with _failing_together(meeting, self.lane), ExitStack() as stack:
            clock = RealClock()
            stage = self._stage(subject, lease, effort, meeting, clock)
            hand = Hand(stage.log, effort.limit)
            stack.callback(close, stage, hand)
            if self.lane == 1:
                _prepare(scenario, stage, hand)
                meeting.decide(_READY, f"{clock.epoch} {stage.location}")
            meeting.agree(_READY)
            self._act(scenario, stage, hand, meeting)
            return self._finish(scenario, stage, hand, meeting)

    def _stage(
        self, subject: Subject, lease: float, effort: Effort, meeting: Rendezvous, clock: RealClock
    ) -> Stage:
        """Return the stage: lane 1 makes the queue, the others go where it is."""
        home = self.folder / "queue"
        if self.lane == 1:
            home.mkdir()
            return Stage(subject, home, clock=clock, lease=lease, effort=effort)
        epoch, _, location = meeting.agree(_READY).partition(" ")
        clock.epoch = int(epoch)
        return Stage(subject, home, clock=clock, lease=lease, effort=effort, location=location)

    def _act(self, scenario: Scenario, stage: Stage, hand: Hand, meeting: Rendezvous) -> None:
        def set_off() -> None:
            moment = meeting.meet(_GO, lambda: str(stage.clock.now() + _LEAD))
            stage.clock.wait(max(int(moment) - stage.clock.now(), 0) / SECOND)

        share = programs_of(scenario, stage.effort)[self.lane - 1 :: self.lanes]
        with ThreadCrew(stage) as crew:
            crew.perform(share, stage, hand, meet=set_off)

    def _finish(self, scenario: Scenario, stage: Stage, hand: Hand, meeting: Rendezvous) -> History:
        with suppress(Hung):
            hand.do(stage.close)
        with LogFile(self._log(self.lane)) as log:
            for operation in stage.log.operations():
                log(operation)
        meeting.arrive(_DONE)
        if meeting.missing(_DONE) or not meeting.decide(_JUDGE, str(self.lane)):
            raise JudgedElsewhereError
        for lane in range(1, self.lanes + 1):
            if lane != self.lane:
                stage.log.extend(read_log_file(self._log(lane)))
        ending = scenario.ending
        if ending:
            with suppress(Halt, Hung):
                hand.do(lambda: ending(stage))
        return stage.history(self.name)

    def _log(self, lane: int) -> Path:
        return self.folder / f"lane-{lane}.jsonl"


def _prepare(scenario: Scenario, stage: Stage, hand: Hand) -> None:
    script = scenario.script
    if script:
        with suppress(Halt, Hung):
            hand.do(lambda: script(stage))


@contextmanager
def _failing_together(meeting: Rendezvous, lane: int) -> Iterator[None]:
    """Let nobody wait for a lane that failed before all were set off."""
    try:
        yield
    except BaseException as error:
        for decision in (_READY, _GO):
            meeting.call_off(decision, f"lane {lane} failed: {type(error).__name__}: {error}")
        raise
