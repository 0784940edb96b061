"""The examples of all rules. A further module of examples is an entry here."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples import (
    acknowledge,
    claim,
    clock,
    concurrency,
    crash,
    durability,
    enqueue,
    final_failure,
    fork,
    groups,
    growth,
    idempotency,
    lease,
    meetings,
    order,
    retry,
    routing,
    schedule,
    stats,
    value,
    walk,
)
from pytest_queuekit.rules.examples.example import Example

MODULES: tuple[Mapping[str, Example], ...] = (
    enqueue.EXAMPLES,
    claim.EXAMPLES,
    order.EXAMPLES,
    schedule.EXAMPLES,
    lease.EXAMPLES,
    acknowledge.EXAMPLES,
    retry.EXAMPLES,
    final_failure.EXAMPLES,
    idempotency.EXAMPLES,
    groups.EXAMPLES,
    routing.EXAMPLES,
    stats.EXAMPLES,
    value.EXAMPLES,
    growth.EXAMPLES,
    clock.EXAMPLES,
    concurrency.EXAMPLES,
    meetings.EXAMPLES,
    durability.EXAMPLES,
    crash.EXAMPLES,
    fork.EXAMPLES,
    walk.EXAMPLES,
)


def example_of(rule_id: str) -> Example | None:
    """Return the example for a rule; None for an id without one, such as a performance target."""
    return next((examples[rule_id] for examples in MODULES if rule_id in examples), None)
