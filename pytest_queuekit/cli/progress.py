"""Progress on standard error, if that is a terminal and a command takes long."""

from __future__ import annotations

import sys
import time

_SLOW = 2.0
"""Seconds after which a command shows its progress."""


class Progress:
    """Shows what a command is doing on one line, which the next text overwrites."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._terminal = bool(sys.stderr) and sys.stderr.isatty()

    def __call__(self, text: str) -> None:
        """Show a text; an empty one clears the line."""
        if self._terminal and time.monotonic() - self._began > _SLOW:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
