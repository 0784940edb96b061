"""The clock that every actor of a run reads."""

from __future__ import annotations

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
