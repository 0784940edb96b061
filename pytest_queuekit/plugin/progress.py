"""Shows which check is running, once it has run for two seconds, behind pytest's own dots."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import TextIO

import pytest

from pytest_queuekit.plugin.nodes import PROGRESS, CheckItem

DELAY = 2.0
"""Seconds after which a check is shown."""

_TICK = 0.5
_CLEAR = "\x1b[K"
_BEFORE, _AFTER = "\x1b7\x1b[?7l", "\x1b[?7h\x1b8"
"""Save the cursor and do not wrap at the right margin; and the reverse."""


class ProgressLine:
    """Writes the running check at the end of the line, and takes it away again.

    It uses the cursor, so it is for a terminal alone; elsewhere pytest's dots are the progress.

    write: writes to the terminal at once. clock: returns seconds.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._clock = write, clock
        self._lock = threading.Lock()
        self._check = self._activity = ""
        self._began = 0.0
        self._shown = False

    def start(self, check: str) -> None:
        """Begin a check."""
        with self._lock:
            self._check, self._activity, self._began = check, "", self._clock()

    def wait(self, activity: str, seconds: float) -> None:
        """Show the event that the check awaits in real time, and for how many seconds."""
        with self._lock:
            self._activity = f"{activity}, {seconds:.0f} s" if seconds >= 1 else ""

    def show(self) -> None:
        """Write the running check, if it has run long enough."""
        with self._lock:
            passed = self._clock() - self._began
            if not self._check or passed < DELAY:
                return
            text = f"  {self._check} ({passed:.0f} s{self._activity and ': '}{self._activity})"
            self._write(f"{_BEFORE}{text}{_CLEAR}{_AFTER}")
            self._shown = True

    def end(self) -> None:
        """End the check, and clear the line."""
        with self._lock:
            self._check = ""
            if self._shown:
                self._write(_CLEAR)
            self._shown = False


class Ticker:
    """Shows a progress line twice a second, from a thread of its own."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="queuekit-progress", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_TICK):
            self._line.show()


class Showing:
    """The hooks that show the progress of a run."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._ticker: Ticker | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Show the line while items run."""
        self._ticker = Ticker(self._line)
        try:
            return (yield)
        finally:
            self._ticker.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Show a check while it runs."""
        if isinstance(item, CheckItem):
            self._line.start(f"{item.check.rule} {item.check.slug}".rstrip())
        try:
            return (yield)
        finally:
            self._line.end()


def register(config: pytest.Config) -> None:
    """Show the progress of checks, if this run writes to a terminal with a cursor."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    spread = config.pluginmanager.hasplugin("xdist") and config.getoption("dist", "no") != "no"
    if reporter is None or spread or config.get_verbosity() != 0 or not reporter.isatty:
        return
    if os.environ.get("TERM", "dumb") == "dumb":
        return
    # A duplicate of the terminal, taken while pytest captures nothing: during an item, what is
    # written to the terminal itself goes to the capture.
    terminal = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", errors="replace")
    config.add_cleanup(terminal.close)
    line = ProgressLine(partial(_write, terminal))
    config.stash[PROGRESS] = line.wait
    config.pluginmanager.register(Showing(line), "queuekit-progress")


def _write(terminal: TextIO, text: str) -> None:
    with suppress(OSError, ValueError):  # the terminal is gone
        terminal.write(text)
        terminal.flush()
