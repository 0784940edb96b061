"""A scheduling service: each worker has a plan, a cycle of strategies.

A plan such as PRIORITY, PRIORITY, FIFO serves the urgent, and yet lets no task wait for ever: every
third claim takes the oldest. The strategy belongs to the worker, not to the queue, so workers with
different plans share one queue.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_queuekit.queue import (
    QueueDatabase,
    SchedulingStrategy,
    Task,
    TaskClaimerFactory,
    check_worker_count,
)

Plan = Sequence[SchedulingStrategy]

URGENT: Plan = (SchedulingStrategy.PRIORITY, SchedulingStrategy.PRIORITY, SchedulingStrategy.FIFO)
FAIR: Plan = (SchedulingStrategy.WEIGHTED_RANDOM,)
NEWEST: Plan = (SchedulingStrategy.LIFO,)


class SchedulingService:
    """Claims for workers, each by its own plan.

    plans: the plan of each worker, by its id. Raises QueueInputError for more workers than a
    queue should have.
    """

    def __init__(
        self, db: QueueDatabase, plans: Mapping[str, Plan], *, lease_seconds: float = 60
    ) -> None:
        check_worker_count(len(plans))
        self._lease_seconds = lease_seconds
        self._claimers = {
            strategy: TaskClaimerFactory.create(strategy, db) for strategy in SchedulingStrategy
        }
        self._cycles: dict[str, Iterator[SchedulingStrategy]] = {
            worker: itertools.cycle(plan) for worker, plan in plans.items()
        }
        self._guard = threading.Lock()

    def next_task(
        self, worker_id: str, capabilities: Mapping[str, Any] | None = None
    ) -> Task | None:
        """Claim the next task of a worker. Raises KeyError for a worker without a plan."""
        with self._guard:  # an iterator is not for two threads at once
            strategy = next(self._cycles[worker_id])
        claimer = self._claimers[strategy]
        return claimer.claim_task(worker_id, capabilities, lease_seconds=self._lease_seconds)
