"""Which ended tasks a queue keeps, and the counts of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .exceptions import QueueInputError
from .messages import shown

KEEP_SECONDS = 7 * 86_400
"""Seconds that ended tasks are kept by default."""
PURGED = ("completed", "cancelled")
"""Statuses purged by default; dead letters wait until a person looks at them."""
_ENDED = ("completed", "cancelled", "failed")


@dataclass(frozen=True, kw_only=True)
class SweepResult:
    """The counts of one sweep.

    reclaimed: tasks with a lapsed lease.
    promoted: tasks that came due.
    forgotten: workers without a heartbeat for STALE_AFTER_SECONDS.
    """

    reclaimed: int
    promoted: int
    forgotten: int


def checked_statuses(statuses: Sequence[str]) -> Sequence[str]:
    """Return statuses of ended tasks. Raises QueueInputError for anything else."""
    if not isinstance(statuses, Sequence) or isinstance(statuses, str):
        raise QueueInputError(f"statuses={shown(statuses)}: must be a list of {', '.join(_ENDED)}")
    if not statuses or any(status not in _ENDED for status in statuses):
        raise QueueInputError(
            f"statuses={shown(statuses)}: name one or more of {', '.join(_ENDED)}"
        )
    return statuses
