"""A success criterion as it stands after a run, and all seven of them."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass


class Standing(enum.StrEnum):
    """What is known about a criterion. What is not known is not met."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One of the seven, with its evidence.

    number: from 1, in the order of the reference queue's documents.
    asks: what must hold.
    against: what speaks against it, a sentence each.
    missing: what would have to be known, and how it can be had.
    held: what speaks for it.
    """

    number: int
    asks: str
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """What follows from the evidence."""
        if self.against:
            return Standing.NOT_MET
        return Standing.UNKNOWN if self.missing else Standing.MET

    @property
    def evidence(self) -> tuple[str, ...]:
        """All of it, what decides first."""
        return self.against + self.missing + self.held


@dataclass(frozen=True, kw_only=True)
class Scoreboard:
    """The seven criteria after a run.

    audience: the teams that it is about; empty for nobody in particular.
    """

    criteria: tuple[Criterion, ...]
    audience: str = ""

    @property
    def complete(self) -> bool:
        """True if the integration is complete: all seven criteria are met."""
        return all(one.standing is Standing.MET for one in self.criteria)

    def closing(self) -> str:
        """Return the answer, as one sentence."""
        counts = Counter(one.standing for one in self.criteria)
        if self.complete:
            return f"complete: all {len(self.criteria)} criteria are met"
        parts = [f"{counts[one]} {one}" for one in (Standing.NOT_MET, Standing.UNKNOWN)]
        standings = ", ".join(part for part in parts if not part.startswith("0 "))
        return f"not complete: of {len(self.criteria)} criteria {standings}"
