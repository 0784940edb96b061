"""The success criteria after a run, with the evidence for each."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass


class Standing(enum.StrEnum):
    """The answer to a criterion. An unknown criterion is not met."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One success criterion with its evidence, as sentences.

    number: from 1 to 7, in the order of the reference queue's documents.
    asks: what must hold.
    against: evidence that it does not hold.
    missing: evidence that the run lacks, and how to get it.
    held: evidence that it holds.
    """

    number: int
    asks: str
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """The answer that the evidence gives."""
        if self.against:
            return Standing.NOT_MET
        return Standing.UNKNOWN if self.missing else Standing.MET

    @property
    def evidence(self) -> tuple[str, ...]:
        """All evidence; the sentences that decide come first."""
        return self.against + self.missing + self.held


@dataclass(frozen=True, kw_only=True)
class Scoreboard:
    """The success criteria after a run.

    teams: the titles of the teams that the run is limited to; empty for no limit.
    """

    criteria: tuple[Criterion, ...]
    teams: str = ""

    @property
    def complete(self) -> bool:
        """True if all criteria are met."""
        return all(criterion.standing is Standing.MET for criterion in self.criteria)

    def closing(self) -> str:
        """Return the result as one sentence: "not complete: 1 not met, 1 unknown, 5 met"."""
        if self.complete:
            return f"complete: all {len(self.criteria)} criteria are met"
        counts = Counter(criterion.standing for criterion in self.criteria)
        order = (Standing.NOT_MET, Standing.UNKNOWN, Standing.MET)
        parts = [f"{counts[standing]} {standing}" for standing in order if counts[standing]]
        return f"not complete: {', '.join(parts)}"
