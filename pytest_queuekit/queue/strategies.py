"""The four orders in which workers get tasks."""

from __future__ import annotations

import enum

from .exceptions import QueueInputError
from .messages import shown


class SchedulingStrategy(enum.Enum):
    """The order in which a worker gets tasks; each worker may choose its own."""

    FIFO = "fifo"
    """The task enqueued first."""
    LIFO = "lifo"
    """The task enqueued last."""
    PRIORITY = "priority"
    """The lowest priority number; among equals the task enqueued first."""
    WEIGHTED_RANDOM = "weighted_random"
    """Any task, with a probability proportional to 1 / (priority + 1): no task starves."""


def checked_strategy(strategy: SchedulingStrategy) -> SchedulingStrategy:
    """Return a SchedulingStrategy. Raises QueueInputError for anything else, such as its name."""
    if not isinstance(strategy, SchedulingStrategy):
        names = ", ".join(f"SchedulingStrategy.{member.name}" for member in SchedulingStrategy)
        raise QueueInputError(f"strategy={shown(strategy)}: must be one of {names}")
    return strategy
