"""Measures a queue against a target, and judges the measurement."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import (
    Measured,
    Measurement,
    Reason,
    Requirement,
    Status,
    Verdict,
    undeclared,
)
from pytest_queuekit.performance.floor import Floor, commit_floor
from pytest_queuekit.performance.stopwatch import Sample, Stopwatch
from pytest_queuekit.performance.targets import Target
from pytest_queuekit.performance.throughput import tasks_a_minute
from pytest_queuekit.performance.workbench import Workbench

REACH = 2
"""A target is out of the disk's reach if it is less than this many commits of plain sqlite3."""

RATIO = 3
"""Commits of plain sqlite3 that an operation may take where the target is out of reach."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The means of a measurement.

    queue: the queue. label: its name in the run. effort: how hard to try.
    workbench: returns the filled queue, made when first asked for.
    stopwatch: makes a Stopwatch, or raises NotRunError if nothing can be measured here.
    folder: empty and private.
    """

    queue: QueueUnderTest
    label: str
    effort: Effort
    workbench: Callable[[], Workbench]
    stopwatch: Callable[[], Stopwatch]
    folder: Path


def judge_target(target: Target, conditions: Conditions, requirement: Requirement) -> Verdict:
    """Measure the queue against a target, and return the verdict."""
    began = time.perf_counter()
    status, reason, measurement = _judged(target, conditions)
    return Verdict(
        suite="targets",
        rule=target.id,
        slug=target.slug,
        family=target.family,
        requirement=requirement,
        sentence=target.sentence,
        queue=conditions.label,
        status=status,
        reason=reason,
        seconds=time.perf_counter() - began,
        detail=Measured(measurement=measurement),
    )


def _judged(
    target: Target, conditions: Conditions
) -> tuple[Status, Reason | None, Measurement | None]:
    lacking = conditions.queue.contract.lacks(target.needs)
    if lacking:
        return Status.NOT_APPLICABLE, undeclared(lacking), None
    try:
        before = _floor(target, conditions)
        measurement = _measure(target, conditions)
        after = _floor(target, conditions)
    except NotRunError as error:
        text = f"not measured: {error}"
        return Status.NOT_RUN, Reason(kind=error.kind, text=text, level=error.level), None
    if before is not None and after is not None:
        measurement = against_floor(measurement, max(before, after, key=lambda floor: floor.commit))
    return (Status.PASS if measurement.met else Status.FAIL), None, measurement


def _floor(target: Target, conditions: Conditions) -> Floor | None:
    """Measure the disk, for an operation that is a commit."""
    if not target.commits:
        return None
    return commit_floor(conditions.folder, conditions.queue.contract.durability)


def against_floor(measurement: Measurement, floor: Floor) -> Measurement:
    """Return the measurement with the disk's own time, and a target that the disk can reach.

    On a busy disk, the same code takes 1.4 ms and, a minute later, 12.6 ms. Where a target is less
    than two commits of plain sqlite3, the queue is judged by the ratio to such a commit.
    """
    commit = floor.commit * 1000
    known = replace(measurement, floor=commit, fsync=floor.fsync * 1000)
    if measurement.target >= REACH * commit:
        return known
    return replace(known, target=RATIO * commit, relative=True)


def _measure(target: Target, conditions: Conditions) -> Measurement:
    stopwatch = conditions.stopwatch()
    if target.higher_is_better:
        rate, tasks = tasks_a_minute(conditions.queue, conditions.folder, conditions.effort)
        return target.against_rate(rate, depth=tasks)
    bench = conditions.workbench()
    return target.against(_OPERATIONS[target.what](bench, stopwatch), depth=bench.depth)


def _enqueue(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(bench.call, setup=lambda: (("enqueue", bench.payload()), {}), rounds=100)


def _claim(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(bench.claim, rounds=_claims(bench))


def _update(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(
        bench.call, setup=lambda: (("complete", bench.claim()), {}), rounds=_claims(bench)
    )


def _stats(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(bench.call, setup=lambda: (("stats",), {}), rounds=30)


_OPERATIONS: Mapping[str, Callable[[Workbench, Stopwatch], Sample]] = MappingProxyType(
    {"enqueue": _enqueue, "claim": _claim, "update": _update, "stats": _stats}
)


def _claims(bench: Workbench) -> int:
    """Return how many tasks may be claimed without making the queue much less deep."""
    return max(min(100, bench.depth // 10), 1)
