"""What the cases of an attack came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.faults.workload import State

KEPT = 20
"""Most sentences of a tally about what went wrong."""


@dataclass
class Tally:
    """The number of cases tried, and of those with each kind of harm.

    lost: an acknowledged call had no effect.
    doubled: a task was there, or was delivered, twice.
    damaged: the file could not be read, or was in a state between two calls.
    wrong: any other broken promise.
    reports: a sentence for each of the first cases that did harm.
    figures: what else the attack measures, by name; the largest value counts.
    """

    tried: int = 0
    lost: int = 0
    doubled: int = 0
    damaged: int = 0
    wrong: int = 0
    reports: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """True if no case did harm."""
        return not (self.lost or self.doubled or self.damaged or self.wrong)

    def add(self, other: Tally) -> None:
        """Add the cases of another tally."""
        self.tried += other.tried
        self.lost += other.lost
        self.doubled += other.doubled
        self.damaged += other.damaged
        self.wrong += other.wrong
        self.reports = (self.reports + other.reports)[:KEPT]
        for name, value in other.figures.items():
            self.measure(name, value)

    def measure(self, name: str, value: int) -> None:
        """Keep the largest value of a figure."""
        self.figures[name] = max(value, self.figures.get(name, 0))

    def report(self, harm: str, sentence: str) -> None:
        """Count a case that did harm: lost, doubled, damaged or wrong."""
        setattr(self, harm, getattr(self, harm) + 1)
        if len(self.reports) < KEPT:
            self.reports.append(f"{harm}: {sentence}")

    def judge_state(
        self, state: State, passed: Sequence[State], *, least: int, most: int, where: str
    ) -> None:
        """Count a case in which the state must be one of passed[least] to passed[most]."""
        allowed = passed[least : most + 1]
        if state in allowed:
            self.measure("acknowledged calls undone", most - 1 - (least + allowed.index(state)))
        elif state in passed[:least]:
            self.report("lost", f"{where}: the state is that of {passed.index(state)} calls")
        elif state in passed:
            self.report("wrong", f"{where}: the state is that of {passed.index(state)} calls")
        else:
            self.report("damaged", f"{where}: the state is between two calls")

    def as_dict(self) -> dict[str, Any]:
        """Return the tally as JSON values."""
        return asdict(self)
