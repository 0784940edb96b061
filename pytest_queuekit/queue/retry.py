"""When a failed task is tried again, and how to go on when the database is busy."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .config import MAX_DELAY_SECONDS
from .exceptions import QueueBusyError, QueueInputError

T = TypeVar("T")

BUSY_RETRIES = 3
"""Further tries of retry_busy."""
FIRST_BUSY_PAUSE = 0.1
"""Seconds before the first of them; each further pause is twice as long."""


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long a task waits after a failure.

    first: seconds after the first failure.
    factor: by which each further wait grows.
    cap: seconds that no wait exceeds.
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
            all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)
            and 0 <= self.first <= self.cap <= MAX_DELAY_SECONDS
            and 1 <= self.factor < math.inf
            and 0 <= self.jitter <= 1
        ):
            raise QueueInputError(
                f"{self!r}: needs numbers, 0 <= first <= cap <= {MAX_DELAY_SECONDS} (ten years), "
                "factor >= 1 and 0 <= jitter <= 1"
            )

    def delay(self, failures: int, rng: random.Random) -> float:
        """Return the seconds to wait after so many failures."""
        # A power too large for a float is beyond any cap.
        exponent = min(failures - 1, 1000 if self.factor <= 2 else 300)
        try:
            plain = min(self.first * self.factor**exponent, self.cap)
        except OverflowError:
            plain = self.cap
        return min(plain * rng.uniform(1 - self.jitter, 1 + self.jitter), self.cap)


def retry_busy(
    operation: Callable[[], T],
    *,
    retries: int = BUSY_RETRIES,
    first_pause: float = FIRST_BUSY_PAUSE,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call `operation`, and again after QueueBusyError, with pauses that double.

    After `retries` further tries the error passes through.
    """
    for tried in range(retries):
        try:
            return operation()
        except QueueBusyError:
            sleep(first_pause * 2**tried)
    return operation()
