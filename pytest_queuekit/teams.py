"""The five teams that build on the reference queue, and the checks that concern each team."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team.

    number: two digits.
    builds: the part that it builds on the queue.
    families: the families of the rules that it relies on.
    targets: ids of the performance targets that its users notice.
    spared: ids of the review items that do not concern it.
    """

    number: str
    builds: str
    families: tuple[str, ...]
    targets: tuple[str, ...]
    spared: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The team's number and part: "team 03 (worker engine)"."""
        return f"team {self.number} ({self.builds})"

    def concerns(self, check: str) -> bool:
        """Return True if a rule, a target or a review item, by its id, concerns the team."""
        family, dash, _ = check.rpartition("-")
        if not dash:
            return check not in self.spared
        return check in self.targets or family in self.families


_CLAIMING = ("QR302", "QR501", "QR503")
"""The review items about claiming: the number of workers, and one worker per task."""

TEAMS = (
    Team(
        number="02",
        builds="client API",
        families=("ENQUEUE", "SCHEDULE", "KEY", "ROUTE", "VALUE", "CLOCK", "DURABLE", "FORK"),
        targets=("PERF-1",),
        spared=_CLAIMING,
    ),
    Team(
        number="03",
        builds="worker engine",
        families=(
            "CLAIM",
            "LEASE",
            "ACK",
            "RETRY",
            "ROUTE",
            "VALUE",
            "GROWTH",
            "CLOCK",
            "RACE",
            "DURABLE",
            "CRASH",
            "FORK",
            "WALK",
        ),
        targets=("PERF-2", "PERF-3", "PERF-5"),
    ),
    Team(
        number="04",
        builds="scheduling",
        families=(
            "CLAIM",
            "ORDER",
            "SCHEDULE",
            "GROUP",
            "ROUTE",
            "VALUE",
            "GROWTH",
            "CLOCK",
            "RACE",
        ),
        targets=("PERF-2", "PERF-5"),
    ),
    Team(
        number="05",
        builds="observability",
        families=("STATS",),
        targets=("PERF-4",),
        spared=_CLAIMING,
    ),
    Team(
        number="06",
        builds="maintenance",
        families=("LEASE", "RETRY", "STATS", "DURABLE", "CRASH"),
        targets=("PERF-2", "PERF-4"),
        spared=_CLAIMING,
    ),
)


def team_named(word: str) -> Team:
    """Return the team of a number or a part: "03", "worker-03". Raises UsageError without one."""
    known = {team.number: team for team in TEAMS} | {team.builds: team for team in TEAMS}
    plain = re.sub(r"[-_\s]+", " ", word.strip().lower())
    number = re.fullmatch(r"(?:worker ?)?0*(\d)", plain)
    team = known.get(f"{number[1]:0>2}" if number else plain)
    if team is not None:
        return team
    listed = ", ".join(f"{team.number} ({team.builds})" for team in TEAMS)
    raise UsageError(f"{word!r} is not one of {listed}{did_you_mean(plain, known)}")


def concerns(teams: Iterable[Team], check: str) -> bool:
    """Return True if a check concerns one of these teams, or if there are no teams."""
    chosen = tuple(teams)
    return not chosen or any(team.concerns(check) for team in chosen)
