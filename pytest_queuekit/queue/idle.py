"""How an idle worker waits for a task, on any engine."""

from __future__ import annotations

import time
from collections.abc import Callable

from .exceptions import QueueInputError
from .messages import shown

POLL_SECONDS = 0.1
"""Longest time between two looks for a task; a look costs less than a claim."""
MAX_WAIT_SECONDS = 86_400
"""Longest wait, in seconds (a day)."""


def check_timeout(value: float) -> float:
    """Return a timeout in seconds; 0 means one look."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MAX_WAIT_SECONDS:
        raise QueueInputError(
            f"timeout={shown(value)}: must be seconds from 0 to {MAX_WAIT_SECONDS}"
        )
    return float(value)


def wait_until(
    looks: Callable[[], bool], timeout: float, pause: Callable[[float], object] = time.sleep
) -> bool:
    """Return True once a look succeeds, or False after `timeout` seconds.

    pause: waits between two looks, for at most the given seconds.
    """
    end = time.monotonic() + timeout
    while not looks():
        left = end - time.monotonic()
        if left <= 0:
            return False
        pause(min(left, POLL_SECONDS))
    return True
