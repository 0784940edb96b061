"""The five targets, and when one is met."""

from __future__ import annotations

import pytest

from pytest_queuekit.performance.stopwatch import Sample
from pytest_queuekit.performance.targets import BY_WORD, TARGETS

LIMITS = {"enqueue": 10, "claim": 5, "update": 5, "stats": 50, "throughput": 200}


def test_the_targets_are_those_that_are_documented() -> None:
    """Five, with stable ids in order, each with its limit and its reason."""
    assert {target.what: target.limit for target in TARGETS} == LIMITS
    assert [target.id for target in TARGETS] == [f"PERF-{number}" for number in range(1, 6)]
    assert all(target.sentence and target.why for target in TARGETS)


@pytest.mark.parametrize(("milliseconds", "met"), [(4.99, True), (5.0, False), (5.01, False)])
def test_a_time_must_be_less_than_its_limit(milliseconds: float, met: bool) -> None:
    """The limit itself is missed."""
    sample = Sample(median=milliseconds / 1000, p95=0.1, rounds=9)
    measured = BY_WORD["claim"].against(sample, depth=7)
    assert measured.met is met
    assert (measured.unit, measured.depth, measured.rounds, measured.p95) == ("ms", 7, 9, 100)


@pytest.mark.parametrize(("rate", "met"), [(199.9, False), (200, True), (400, True)])
def test_a_rate_must_be_at_least_its_limit(rate: float, met: bool) -> None:
    """The limit itself is met."""
    assert BY_WORD["throughput"].against_rate(rate, depth=7).met is met


def test_a_sample_is_median_and_p95() -> None:
    """One slow round of twenty moves neither the median nor what 19 of 20 keep within."""
    sample = Sample.of([*(n / 1000 for n in range(1, 20)), 5.0])
    assert sample.median == pytest.approx(0.0105)
    assert sample.p95 == 5.0 or sample.p95 == pytest.approx(0.019)
    assert sample.rounds == 20
    assert Sample.of([0.25]) == Sample(median=0.25, p95=0.25, rounds=1)
