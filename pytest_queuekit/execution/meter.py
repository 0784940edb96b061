"""Limits work by processor time, so that a busy machine does as much as an idle one."""

from __future__ import annotations

import time

_PATIENCE = 3
"""How many times its budget of processor time the work may take on a busy machine."""


class Meter:
    """Measures the time that some work takes, from now on.

    seconds: the most processor time of this process.
    patience: how many times as many seconds may pass in all.
    """

    def __init__(self, seconds: float, patience: float = _PATIENCE) -> None:
        self._seconds = seconds
        self._patience = patience
        self._wall, self._processor = time.monotonic(), time.process_time()

    def is_over(self) -> bool:
        """Return True after the seconds of processor time, or some times as many in all."""
        spent = time.process_time() - self._processor
        return (
            spent > self._seconds or time.monotonic() - self._wall > self._patience * self._seconds
        )
