"""The five targets of performance, as data."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.verdict import Measurement
from pytest_queuekit.performance.stopwatch import Sample


@dataclass(frozen=True, kw_only=True)
class Target:
    """How fast an operation must be.

    id: stable and citable.
    slug: the promise in a few words, stable and unique: "fast-enqueue".
    what: the operation, in a word.
    sentence: what must hold.
    why: what goes wrong where it does not hold.
    limit: the median must be less, in `unit`; or at least so much, if higher is better.
    unit: "ms" or "tasks/min".
    needs: the capabilities without which it does not apply.
    commits: whether the operation is a commit, so that it cannot be faster than the disk.
    """

    id: str
    slug: str = ""
    what: str
    sentence: str
    why: str
    limit: float
    unit: str = "ms"
    higher_is_better: bool = False
    needs: tuple[Capability, ...] = ()
    commits: bool = False

    def against(self, sample: Sample, *, depth: int) -> Measurement:
        """Set durations in milliseconds against the target."""
        return Measurement(
            what=self.what,
            value=sample.median * 1000,
            target=self.limit,
            unit=self.unit,
            depth=depth,
            rounds=sample.rounds,
            p95=sample.p95 * 1000,
        )

    def against_rate(self, rate: float, *, depth: int) -> Measurement:
        """Set a number of tasks a minute against the target."""
        return Measurement(
            what=self.what,
            value=rate,
            target=self.limit,
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            depth=depth,
            rounds=1,
        )


TARGETS = (
    Target(
        id="PERF-1",
        slug="fast-enqueue",
        what="enqueue",
        sentence="Enqueueing one task takes less than 10 ms.",
        why="Whoever asks for the work waits for it: an enqueue is part of somebody's request.",
        limit=10,
        commits=True,
    ),
    Target(
        id="PERF-2",
        slug="fast-claim",
        what="claim",
        sentence="Claiming one task takes less than 5 ms.",
        why="Claims stand in one line for the write lock: what one takes, all workers wait.",
        limit=5,
        commits=True,
    ),
    Target(
        id="PERF-3",
        slug="fast-completion",
        what="update",
        sentence="Completing one task takes less than 5 ms.",
        why="An acknowledgement holds the lock as a claim does, and there is one for each task.",
        limit=5,
        needs=(Capability.COMPLETE,),
        commits=True,
    ),
    Target(
        id="PERF-4",
        slug="fast-counts",
        what="stats",
        sentence="Counting the tasks by state takes less than 50 ms.",
        why="Who watches the queue asks often, and must not slow down who works.",
        limit=50,
        needs=(Capability.STATS,),
    ),
    Target(
        id="PERF-5",
        slug="four-workers-keep-pace",
        what="throughput",
        sentence="Four workers together get through at least 200 tasks a minute.",
        why="More workers are started to get through more tasks, not to wait for each other.",
        limit=200,
        unit="tasks/min",
        higher_is_better=True,
        needs=(Capability.THREADS,),
    ),
)

BY_WORD = MappingProxyType({target.what: target for target in TARGETS})
"""The targets under the words for what they measure."""
