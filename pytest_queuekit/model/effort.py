"""How hard the kit tries: three levels, and the numbers of each."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.IntEnum):
    """The depth of a run. A rule is run from its own level upwards."""

    QUICK = 1
    STANDARD = 2
    DEEP = 3

    @classmethod
    def named(cls, name: str) -> Level:
        """Return the level of a lower-case name. Raises KeyError for any other text."""
        return cls[name.upper()]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """The work and the time that a level allows a driver.

    level: the level itself.
    claimers: threads or processes that claim at the same time.
    producers: threads or processes that enqueue at the same time.
    tasks: tasks that a concurrent scenario puts through the queue.
    real_time: True if the kit may wait by the real clock for a queue that does not follow its
        virtual clock.
    max_wait: seconds that the kit waits by the real clock in one go, for a lease or a delay.
    limit: seconds after which an actor counts as hung.
    seed: decides the random choices of the kit.
    rounds: runs of a rule with an outcome that depends on chance, until a run shows a violation.
    """

    level: Level = Level.STANDARD
    claimers: int = 4
    producers: int = 2
    tasks: int = 200
    real_time: bool = True
    max_wait: float = 10.0
    limit: float = 30.0
    rounds: int = 2
    seed: int = 0

    @classmethod
    def at(cls, level: Level) -> Effort:
        """Return the numbers of a level."""
        if level is Level.QUICK:
            return cls(level=level, tasks=60, real_time=False, rounds=1)
        if level is Level.DEEP:
            return cls(
                level=level,
                tasks=2000,
                claimers=8,
                producers=4,
                max_wait=300.0,
                limit=120.0,
                rounds=5,
            )
        return cls(level=level)
