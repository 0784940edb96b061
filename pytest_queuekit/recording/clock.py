"""The clock that every actor of a run reads."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """The time of a run."""

    @property
    def virtual(self) -> bool:
        """True if waiting costs no real time."""

    def now(self) -> int:
        """Return nanoseconds since the run began; all actors of the run share this time."""

    def wait(self, seconds: float) -> None:
        """Return after this many seconds."""


class RealClock:
    """The system's monotonic clock, which all processes of a machine share.

    epoch: the value of `time.monotonic_ns()` when the run began; None for the moment of
        construction.
    """

    virtual = False

    def __init__(self, epoch: int | None = None) -> None:
        self.epoch = time.monotonic_ns() if epoch is None else epoch

    def now(self) -> int:
        """Return the nanoseconds since `epoch`, the start of the run."""
        return time.monotonic_ns() - self.epoch

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)
