"""Races that the workers of pytest-xdist run together: one run, one database, a lane a worker.

An item a lane, and all lanes of a race have its verdict. The lanes of a number are handed to one
worker, before anything else and in one order, so that the workers meet in race after race.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

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
from pytest_queuekit.model.verdict import Verdict
from pytest_queuekit.plugin.nodes import QueueItem
from pytest_queuekit.report import wire
from pytest_queuekit.rules.rule import Rule, judge

FAMILY = "RACE"
"""The rules that are run in lanes as well, where processes race in them."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """What the lanes of a run have in common.

    folder: that all workers see. lanes: how many there are.
    """

    folder: Path
    lanes: int

    @classmethod
    def of(cls, config: pytest.Config) -> Track | None:
        """Return what the controller told this worker; None where there are no lanes."""
        told = getattr(config, "workerinput", {}).get("queue_track")
        return cls(folder=Path(told["folder"]), lanes=told["lanes"]) if told else None


def races(rule: Rule, queue: QueueUnderTest, effort: Effort) -> bool:
    """Whether a rule is one that lanes can run, on this queue and at this level."""
    return (
        rule.family == FAMILY
        and any(isinstance(driver, Processes) and driver.repeat for driver in rule.drivers)
        and rule.level <= effort.level
        and effort.level >= Level.STANDARD
        and Capability.PROCESSES in queue.contract.capabilities
    )


class LaneItem(QueueItem):
    """One lane of a race."""

    def __init__(
        self,
        *,
        rule: Rule,
        queue: QueueUnderTest,
        effort: Effort,
        track: Track,
        lane: int,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.rule, self.queue, self.effort = rule, queue, effort
        self.track, self.lane = track, lane
        self.add_marker(pytest.mark.queue_stress)

    def find(self, folder: Path) -> Verdict:
        """Run this lane, and return the verdict of the lane that ends last."""
        shared = self.track.folder / f"{self.rule.id}-{self.label}"
        driver = _Lane(
            folder=shared / "run",
            lane=self.lane,
            lanes=self.track.lanes,
            patience=self.effort.limit,
        )
        told = Barrier(
            shared / "told",
            party=self.lane,
            parties=self.track.lanes,
            patience=2 * self.effort.limit,
        )
        try:
            verdict = judge(replace(self.rule, drivers=(driver,)), self.queue, folder, self.effort)
        except BaseException as error:
            told.call_off(_VERDICT, f"lane {self.lane}, which was to judge, ended by {error!r}")
            raise
        return _told(verdict, told) if driver.judged_elsewhere else _tell(verdict, told)


_VERDICT = "verdict"


def _tell(verdict: Verdict, told: Barrier) -> Verdict:
    told.decide(_VERDICT, json.dumps(wire.pack(verdict)))
    return verdict


def _told(verdict: Verdict, told: Barrier) -> Verdict:
    try:
        return wire.unpack(json.loads(told.agree(_VERDICT)))
    except NotRunError as error:
        return replace(verdict, reason=str(error))


class _Lane(XdistWorkers):
    """A lane that remembers whether another one judges."""

    judged_elsewhere = False

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return the run, or remember that this lane has none."""
        try:
            yield from super().runs(scenario, queue, folder, effort, progress)
        except JudgedElsewhereError:
            self.judged_elsewhere = True
            raise
