"""Waits of failed tasks, and retries of calls while the database is busy."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .config import MAX_DELAY_SECONDS
from .exceptions import QueueBusyError, QueueInputError
from .messages import shown

T = TypeVar("T")

BUSY_RETRIES = 3
"""Retries of retry_busy() by default."""
FIRST_BUSY_PAUSE = 0.1
"""Seconds before the first retry; each later pause is twice as long."""


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long a task waits after a failure.

    first: seconds after the first failure.
    factor: multiplies each later wait.
    cap: longest wait, in seconds.
    jitter: share by which a wait may be shorter or longer, so that tasks which failed
        together do not come back together.
    """

    first: float = 1.0
    factor: float = 2.0
    cap: float = 300.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        values = (self.first, self.factor, self.cap, self.jitter)
        if not (
            all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
            and 0 <= self.first <= self.cap <= MAX_DELAY_SECONDS
            and 1 <= self.factor < math.inf
            and 0 <= self.jitter <= 1
        ):
            raise QueueInputError(
                f"{self._shown()}: must be numbers with 0 <= first <= cap <= {MAX_DELAY_SECONDS} "
                "(ten years), factor >= 1 and 0 <= jitter <= 1"
            )

    def _shown(self) -> str:
        return ", ".join(f"{name}={shown(value)}" for name, value in vars(self).items())

    def delay(self, failures: int, rng: random.Random) -> float:
        """Return the seconds to wait after this number of failures."""
        # A power too large for a float exceeds any cap.
        exponent = min(failures - 1, 1000 if self.factor <= 2 else 300)
        try:
            plain = min(self.first * self.factor**exponent, self.cap)
        except OverflowError:
            plain = self.cap
        return min(plain * rng.uniform(1 - self.jitter, 1 + self.jitter), self.cap)


def checked_policy(policy: RetryPolicy) -> RetryPolicy:
    """Return a RetryPolicy. Raises QueueInputError for anything else, such as a number."""
    if not hasattr(policy, "delay"):  # the class of another copy of the queue may do
        raise QueueInputError(f"retry={shown(policy)}: must be a RetryPolicy")
    return policy


def retry_busy(
    operation: Callable[[], T],
    *,
    retries: int = BUSY_RETRIES,
    first_pause: float = FIRST_BUSY_PAUSE,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call `operation`; repeat the call after QueueBusyError, with pauses that double.

    After `retries` repetitions the error passes through.
    """
    for attempt in range(retries):
        try:
            return operation()
        except QueueBusyError:
            sleep(first_pause * 2**attempt)
    return operation()
