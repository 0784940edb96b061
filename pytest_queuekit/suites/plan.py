"""The plan of a run, as data: suites are made from it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Waiver
from pytest_queuekit.teams import Team, concerns


class Performance(enum.StrEnum):
    """The effect of a missed performance target."""

    STRICT = "strict"
    REPORT = "report"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Track:
    """The meeting place of the lanes of a race under pytest-xdist.

    folder: the folder that all workers see. lanes: the number of workers that race.
    """

    folder: Path
    lanes: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of a run.

    queues: the queues under test, each under its label in node ids; empty if no suite needs one.
    rules: True if the rules and targets run, and not only a team's integration test.
    effort: how hard to try.
    performance: the effect of a missed target, by the label of the queue.
    database: the file to check; None if none was given.
    reviewed: the files and folders to review.
    teams: the teams to which the run is limited; empty for no limit.
    gate: True if the success criteria are judged.
    home: the working directory, to which relative paths refer.
    heads: the heads of node ids, and so the suites, that the command line names.
    waivers: failures that the user accepts, by rule id and label; the label "" means every queue.
    track: where races meet under pytest-xdist; None elsewhere.
    alone: True if this process runs all items itself, so that it may use all cores.
    """

    queues: Mapping[str, QueueUnderTest]
    rules: bool
    effort: Effort
    performance: Mapping[str, Performance]
    database: Path | None
    reviewed: tuple[Path, ...]
    teams: tuple[Team, ...]
    gate: bool
    home: Path
    heads: frozenset[str] = frozenset()
    waivers: Mapping[tuple[str, str], Waiver] = field(default_factory=dict)
    track: Track | None = None
    alone: bool = True

    def concerns(self, check: str) -> bool:
        """Return True if a check concerns the teams of the run; always True without teams."""
        return concerns(self.teams, check)

    @property
    def team_titles(self) -> str:
        """The teams that the run is limited to: "team 03 (worker engine)"; empty for no limit."""
        return " and ".join(team.title for team in self.teams)
