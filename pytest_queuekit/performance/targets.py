"""The five performance targets, as data."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.verdict import Measurement
from pytest_queuekit.performance.stopwatch import Sample


@dataclass(frozen=True, kw_only=True)
class Target:
    """A limit on the speed of one operation.

    id: stable and citable.
    slug: the promise in a few words, stable and unique: "fast-enqueue".
    what: the operation, in one word: "enqueue".
    sentence: what must hold.
    why: the harm when it does not hold.
    limit: in `unit`: the median must be below it, or at least equal to it if `higher_is_better`.
    unit: "ms" or "tasks/min".
    higher_is_better: True for a rate, False for a duration.
    needs: the capabilities that the target requires.
    commits: True if the operation commits, so that it cannot be faster than the disk.
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

    @property
    def family(self) -> str:
        """The part of the id before the number."""
        return self.id.rpartition("-")[0]

    def against(self, sample: Sample, *, depth: int) -> Measurement:
        """Compare a sample of durations with the target, in milliseconds."""
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
        """Compare a rate in tasks per minute with the target."""
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
        sentence="An enqueue takes less than 10 ms (median).",
        why="The caller waits: an enqueue is often part of a user's request.",
        limit=10,
        commits=True,
    ),
    Target(
        id="PERF-2",
        slug="fast-claim",
        what="claim",
        sentence="A claim takes less than 5 ms (median).",
        why="Claims share one write lock, so every worker waits for each claim.",
        limit=5,
        commits=True,
    ),
    Target(
        id="PERF-3",
        slug="fast-completion",
        what="update",
        sentence="A completion takes less than 5 ms (median).",
        why="A completion holds the write lock as a claim does, and every task needs a completion.",
        limit=5,
        needs=(Capability.COMPLETE,),
        commits=True,
    ),
    Target(
        id="PERF-4",
        slug="fast-counts",
        what="stats",
        sentence="Counting the tasks by state takes less than 50 ms (median).",
        why="Monitoring counts the tasks often, and must not slow down the workers.",
        limit=50,
        needs=(Capability.STATS,),
    ),
    Target(
        id="PERF-5",
        slug="four-workers-keep-pace",
        what="throughput",
        sentence="Four workers together process at least 200 tasks a minute.",
        why="More workers should finish more tasks, not wait for each other.",
        limit=200,
        unit="tasks/min",
        higher_is_better=True,
        needs=(Capability.THREADS,),
    ),
)

BY_WORD = MappingProxyType({target.what: target for target in TARGETS})
"""The targets by `what`."""
