"""What measures: pytest-benchmark in a pytest run, anything of this form elsewhere."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How long the rounds of one measurement took.

    median, p95: seconds; 19 of 20 rounds kept within `p95`.
    rounds: how many there were.
    """

    median: float
    p95: float
    rounds: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Sample:
        """Return what there is to say about the durations of at least one round."""
        ordered = sorted(seconds)
        return cls(
            median=statistics.median(ordered),
            p95=ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)],
            rounds=len(ordered),
        )


class Stopwatch(Protocol):
    """Measures one operation round by round."""

    def __call__(
        self,
        function: Callable[..., Any],
        *,
        setup: Callable[[], tuple[Sequence[Any], dict[str, Any]]] | None = None,
        rounds: int,
    ) -> Sample:
        """Measure `rounds` calls; `setup` returns the arguments of each, and is not measured."""
