"""Reports the waits of a run by the real clock."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called when a wait begins: what the run waits for, in a few words, and for how many seconds at
most. It may be called from any thread, and must return at once."""


def silent(awaited: str, seconds: float) -> None:
    """Show nothing."""
