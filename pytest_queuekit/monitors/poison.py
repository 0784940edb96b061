"""A task that no worker survives is given up in the end."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import declared_limit
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.tasks import Life, lives_of

_SPARE = 1
"""Deliveries beyond the declared attempts: some count an attempt when it begins, some later."""


def poison(history: History, contract: Contract) -> list[Violation]:
    """Find `never-given-up`: a task handed out more often than it may be tried.

    No matter how its attempts ended; releases excepted, which are no attempts.
    """
    return smallest(
        _violation(life, limit)
        for life in lives_of(history).values()
        for limit in (declared_limit(life, contract),)
        if limit is not None and len(life.deliveries) > limit + _SPARE
    )


def _violation(life: Life, limit: float) -> Violation:
    return violation(
        "never-given-up",
        f"task {life.task} may be tried {limit:g} times and was handed out "
        f"{len(life.deliveries)} times, each time to a worker that vanished",
        *(one.claim for one in life.deliveries),
    )
