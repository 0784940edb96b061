"""Measures a queue against a target and says what follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Measurement, Requirement, Status, Verdict, Violation
from pytest_queuekit.performance.floor import commit_floor
from pytest_queuekit.performance.stopwatch import Sample, Stopwatch
from pytest_queuekit.performance.targets import Target
from pytest_queuekit.performance.throughput import tasks_a_minute
from pytest_queuekit.performance.workbench import Workbench
from pytest_queuekit.report.examination import PERFORMANCE


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """With what a queue is measured.

    subject: the queue. effort: how hard to try.
    workbench: returns the filled queue, made when first asked for.
    stopwatch: measures, or raises NotRunError where nothing can be measured.
    folder: empty and private.
    """

    queue: QueueUnderTest
    effort: Effort
    workbench: Callable[[], Workbench]
    stopwatch: Callable[[], Stopwatch]
    folder: Path


def judge_target(target: Target, conditions: Conditions, requirement: Requirement) -> Verdict:
    """Measure, and return the verdict."""
    began = time.perf_counter()
    status, reason, found = _find(target, conditions)
    return Verdict(
        rule=target.id,
        family=PERFORMANCE,
        requirement=requirement,
        sentence=target.sentence,
        queue=conditions.queue.contract.name,
        status=status,
        reason=reason,
        driver="benchmark",
        violations=(_violation(found),) if found and status is Status.FAIL else (),
        seconds=time.perf_counter() - began,
        measurement=found,
    )


def _find(target: Target, conditions: Conditions) -> tuple[Status, str, Measurement | None]:
    lacking = conditions.queue.contract.lacks(target.needs)
    if lacking:
        return Status.NOT_APPLICABLE, "not declared: " + ", ".join(lacking), None
    try:
        found = _measure(target, conditions)
    except NotRunError as error:
        return Status.NOT_RUN, f"not measured: {error}", None
    if found.met:
        return Status.PASS, "", found
    slow = _slow_machine(target, conditions)
    return (Status.NOT_RUN, slow, None) if slow else (Status.FAIL, "", found)


def _measure(target: Target, conditions: Conditions) -> Measurement:
    stopwatch = conditions.stopwatch()
    if target.higher_is_better:
        rate, tasks = tasks_a_minute(conditions.queue, conditions.folder, conditions.effort)
        return target.against_rate(rate, depth=tasks)
    try:
        bench = conditions.workbench()
        return target.against(_OPERATIONS[target.what](bench, stopwatch), depth=bench.depth)
    except NotRunError:
        raise
    except Exception as error:  # a queue may raise anything, and other rules judge that
        raise NotRunError(f"the queue raised {type(error).__name__}: {error}") from error


def _enqueue(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(bench.adapter.enqueue, setup=lambda: ((bench.payload(),), {}), rounds=100)


def _claim(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(bench.claim, rounds=_claims(bench))


def _update(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(
        bench.adapter.complete, setup=lambda: ((bench.claim(),), {}), rounds=_claims(bench)
    )


def _stats(bench: Workbench, stopwatch: Stopwatch) -> Sample:
    return stopwatch(bench.adapter.stats, rounds=30)


_OPERATIONS: Mapping[str, Callable[[Workbench, Stopwatch], Sample]] = MappingProxyType(
    {"enqueue": _enqueue, "claim": _claim, "update": _update, "stats": _stats}
)


def _claims(bench: Workbench) -> int:
    """Return how many tasks may be claimed without making the queue much less deep."""
    return max(min(100, bench.depth // 10), 1)


def _slow_machine(target: Target, conditions: Conditions) -> str:
    """Return why a miss says nothing about the queue; empty where it does."""
    if not target.commits:
        return ""
    floor = commit_floor(conditions.folder, conditions.queue.contract.durability).median * 1000
    if floor < target.limit:
        return ""
    return (
        f"not measured: this machine takes {floor:.3g} ms for one commit of plain sqlite3, "
        f"more than the target of {target.limit:g} ms"
    )


def _violation(found: Measurement) -> Violation:
    spread = "" if found.p95 is None else f", 95 % within {found.p95:.3g}"
    wanted = "at least" if found.higher_is_better else "less than"
    return Violation(
        kind="too-slow",
        detail=(
            f"{found.what}: {found.value:.3g} {found.unit} (median of {found.rounds}{spread}), "
            f"wanted {wanted} {found.target:g}, with {found.depth:,} tasks waiting"
        ),
    )
