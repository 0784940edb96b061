"""Races that the xdist workers run together: one queue, and a lane for each worker.

Each lane is a check of its own, and all lanes of a race have its verdict. All lanes with the same
number go to one worker, before all other checks and in the same order, so that the workers meet in
every race.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pytest_queuekit.errors import JudgedElsewhereError, NotRunError
from pytest_queuekit.execution.drivers.barrier import Barrier
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.xdist import XdistWorkers
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Reason, Verdict
from pytest_queuekit.report import wire
from pytest_queuekit.rules.rule import Rule, judge
from pytest_queuekit.suites.plan import Track

FAMILY = "RACE"
"""The rules that also run in lanes, where processes race in them."""

_VERDICT = "verdict"


def races(rule: Rule, queue: QueueUnderTest, effort: Effort) -> bool:
    """Return True if lanes can run a rule, on this queue and at this level."""
    return (
        rule.family == FAMILY
        and any(isinstance(driver, Processes) and driver.repeat for driver in rule.drivers)
        and rule.level <= effort.level
        and effort.level >= Level.STANDARD
        and Capability.PROCESSES in queue.contract.capabilities
    )


def judge_lane(
    rule: Rule,
    queue: QueueUnderTest,
    effort: Effort,
    folder: Path,
    progress: Progress,
    *,
    track: Track,
    lane: int,
    label: str,
) -> Verdict:
    """Run one lane, and return the verdict of the lane that ends last.

    label: the label of the queue, which distinguishes two queues of the same name.
    """
    shared = track.folder / f"{rule.id}-{label}"
    driver = _Lane(folder=shared / "run", lane=lane, lanes=track.lanes, patience=effort.limit)
    verdicts = Barrier(
        shared / _VERDICT, party=lane, parties=track.lanes, patience=2 * effort.limit
    )
    try:
        verdict = judge(replace(rule, drivers=(driver,)), queue, folder, effort, progress)
    except BaseException as error:
        verdicts.call_off(_VERDICT, f"lane {lane}, which was to judge, ended with {error!r}")
        raise
    if not driver.judged_elsewhere:
        verdicts.decide(_VERDICT, json.dumps(wire.pack(verdict)))
        return verdict
    try:
        return wire.unpack(json.loads(verdicts.agree(_VERDICT)))
    except NotRunError as error:
        return replace(verdict, reason=Reason(kind="inconclusive", text=str(error)))


class _Lane(XdistWorkers):
    """A lane that remembers whether another lane judges."""

    judged_elsewhere = False

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Yield the run.

        If another lane judges it, set `judged_elsewhere` and raise JudgedElsewhereError.
        """
        try:
            yield from super().runs(scenario, queue, folder, effort, progress)
        except JudgedElsewhereError:
            self.judged_elsewhere = True
            raise
