"""The form of a stopwatch: pytest-benchmark in a pytest run, any such callable elsewhere."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The durations of the rounds of one measurement.

    median, p95: in seconds; 19 of 20 rounds took at most `p95`.
    rounds: the number of rounds.
    """

    median: float
    p95: float
    rounds: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Sample:
        """Return the sample of at least one duration, in seconds."""
        ordered = sorted(seconds)
        return cls(
            median=statistics.median(ordered),
            p95=ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)],
            rounds=len(ordered),
        )


class Stopwatch(Protocol):
    """Measures an operation in rounds of one call each."""

    def __call__(
        self,
        function: Callable[..., Any],
        *,
        setup: Callable[[], tuple[Sequence[Any], dict[str, Any]]] | None = None,
        rounds: int,
    ) -> Sample:
        """Measure `rounds` calls; `setup` returns the arguments of each, and is not measured."""
