"""The clock that every actor of a run reads."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Where a run reads its time."""

    @property
    def virtual(self) -> bool:
        """Whether waiting costs no time."""

    def now(self) -> int:
        """Return nanoseconds since the run began, the same for all its actors."""

    def wait(self, seconds: float) -> None:
        """Return when so many seconds have passed."""
