"""Reports the waits of a run by the real clock."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called when a wait begins, with the awaited event in a few words and the longest wait in seconds.

It may be called from any thread, and must return at once.
"""


def silent(awaited: str, seconds: float) -> None:
    """Show nothing."""
