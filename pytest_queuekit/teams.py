"""The five teams that build on the queue, as data: what of the kit concerns whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team.

    worker: the number by which it is known, in two digits.
    builds: what it builds on the queue.
    families: of the rules that it relies on.
    targets: ids of the targets of performance that its users feel.
    spared: ids of the items of the review that are about what it does not do.
    """

    worker: str
    builds: str
    families: tuple[str, ...]
    targets: tuple[str, ...]
    spared: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The team in a few words: "worker 03 (worker engine)"."""
        return f"worker {self.worker} ({self.builds})"

    def concerns(self, question: str) -> bool:
        """Whether a rule, a target or an item of the review, by its id, concerns the team."""
        family, dash, _ = question.rpartition("-")
        if not dash:
            return question not in self.spared
        return question in self.targets or family in self.families


_CLAIMING = ("QR302", "QR501", "QR503")
"""What is asked of those who claim: how many they are, and that no two have one task."""

TEAMS = (
    Team(
        worker="02",
        builds="client API",
        families=("ENQUEUE", "SCHEDULE", "KEY", "ROUTE", "DURABLE"),
        targets=("PERF-1",),
        spared=_CLAIMING,
    ),
    Team(
        worker="03",
        builds="worker engine",
        families=("CLAIM", "LEASE", "ACK", "RETRY", "ROUTE", "RACE", "DURABLE"),
        targets=("PERF-2", "PERF-3", "PERF-5"),
    ),
    Team(
        worker="04",
        builds="scheduling",
        families=("CLAIM", "ORDER", "SCHEDULE", "ROUTE", "RACE"),
        targets=("PERF-2", "PERF-5"),
    ),
    Team(
        worker="05",
        builds="observability",
        families=("STATS",),
        targets=("PERF-4",),
        spared=_CLAIMING,
    ),
    Team(
        worker="06",
        builds="maintenance",
        families=("LEASE", "RETRY", "STATS", "DURABLE"),
        targets=("PERF-2", "PERF-4"),
        spared=_CLAIMING,
    ),
)


def team_named(word: str) -> Team:
    """Return the team that "03", "3", "worker-03" or "worker engine" means. Raises UsageError."""
    known = {one.worker: one for one in TEAMS} | {one.builds: one for one in TEAMS}
    plain = re.sub(r"[-_\s]+", " ", word.strip().lower())
    number = re.fullmatch(r"(?:worker ?)?0*(\d)", plain)
    found = known.get(f"{number[1]:0>2}" if number else plain)
    if found is not None:
        return found
    listed = ", ".join(f"{one.worker} ({one.builds})" for one in TEAMS)
    raise UsageError(f"{word!r} is none of {listed}{did_you_mean(plain, known)}")


def concerns(profiles: Iterable[Team], question: str) -> bool:
    """Whether something concerns one of these teams; without any, all does."""
    asked = tuple(profiles)
    return not asked or any(one.concerns(question) for one in asked)
