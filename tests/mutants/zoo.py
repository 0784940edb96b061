"""All mutants."""

from __future__ import annotations

from tests.mutants import (
    acknowledge,
    claim,
    clock,
    crash,
    durability,
    enqueue,
    forks,
    groups,
    idempotency,
    lease,
    locks,
    meetings,
    order,
    processes,
    retry,
    routing,
    schedule,
    stats,
    threads,
    value,
)

ZOO = (
    *enqueue.MUTANTS,
    *claim.MUTANTS,
    *order.MUTANTS,
    *schedule.MUTANTS,
    *lease.MUTANTS,
    *acknowledge.MUTANTS,
    *retry.MUTANTS,
    *idempotency.MUTANTS,
    *groups.MUTANTS,
    *routing.MUTANTS,
    *stats.MUTANTS,
    *value.MUTANTS,
    *clock.MUTANTS,
    *durability.MUTANTS,
    *threads.MUTANTS,
    *meetings.MUTANTS,
    *locks.MUTANTS,
    *processes.MUTANTS,
    *crash.MUTANTS,
    *forks.MUTANTS,
)
