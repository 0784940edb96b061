"""Shows which check is running, once it has run for two seconds, behind pytest's own dots."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TextIO

import pytest

from pytest_queuekit.plugin.nodes import PROGRESS, CheckItem
from pytest_queuekit.plugin.section import terminal_encoding
from pytest_queuekit.report.lines import encodable

DELAY = 2.0
"""Seconds after which a check is shown."""

_TICK = 0.5
_CLEAR = "\x1b[K"
_BEFORE, _AFTER = "\x1b7\x1b[?7l", "\x1b[?7h\x1b8"
"""Save the cursor and do not wrap at the right margin; and the reverse."""


class ProgressLine:
    """Writes the running check at the end of the line, and takes it away again.

    It uses the cursor, so it is for a terminal alone; `family_lines` is for a log.

    write: writes to the terminal at once. room: returns the columns up to the right margin.
    clock: returns seconds.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        room: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._room, self._clock = write, room, clock
        self._lock = threading.Lock()
        self._names: Sequence[str] = ()
        self._awaited = ""
        self._began = self._until = self._expected = 0.0
        self._shown = False

    def start(self, *names: str, expected: float = 0.0) -> None:
        """Begin a check.

        names: names of the check, the longest first. expected: its seconds, if they are known.
        """
        with self._lock:
            self._names, self._awaited, self._expected = names, "", expected
            self._began = self._until = self._clock()

    def wait(self, awaited: str, seconds: float) -> None:
        """Show the event that the check awaits in real time, and for how many seconds at most."""
        with self._lock:
            self._awaited, self._until = awaited, self._clock() + seconds

    def show(self) -> None:
        """Write the running check, if it has run long enough."""
        with self._lock:
            passed = self._clock() - self._began
            if not self._names or passed < DELAY:
                return
            of_all = f" of about {self._expected:.0f} s" if self._expected >= DELAY else " s"
            left = self._until - self._clock()
            wait = f": {self._awaited}, at most {left:.0f} s more" if left >= 1 else ""
            times = f"{passed:.0f}{of_all}"
            texts = [f"  {name} ({times}{wait})" for name in self._names]
            texts += [f"  {self._names[-1]} ({times})", f"  {times}"]
            room = self._room() - 1  # a letter in the last column may scroll the terminal
            text = next((text for text in texts if len(text) <= room), "")
            self._write(f"{_BEFORE}{text}{_CLEAR}{_AFTER}")
            self._shown = True

    def end(self) -> None:
        """End the check, and clear the line."""
        with self._lock:
            self._names = ()
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
    """The hooks that show the progress of a run.

    expected: the seconds of each check, by its name, as far as they are known.
    """

    def __init__(self, line: ProgressLine, expected: Mapping[str, float]) -> None:
        self._line, self._expected = line, expected
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
            names = (f"{item.check.rule} {item.check.slug}".rstrip(), item.check.rule)
            self._line.start(*names, expected=self._expected.get(item.name, 0.0))
        try:
            return (yield)
        finally:
            self._line.end()


def register(config: pytest.Config, expected: Mapping[str, float]) -> None:
    """Show the progress of checks, if this run writes to a terminal with a cursor.

    With -s, the queue under test writes to the terminal too, wherever the cursor is.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    spread = config.pluginmanager.hasplugin("xdist") and config.getoption("dist", "no") != "no"
    if reporter is None or spread or config.get_verbosity() != 0 or not reporter.isatty:
        return
    if os.environ.get("TERM", "dumb") == "dumb" or config.getoption("capture") == "no":
        return
    # A duplicate of the terminal, taken while pytest captures nothing: during an item, what is
    # written to the terminal itself goes to the capture.
    encoding = terminal_encoding()
    terminal = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=encoding, errors="replace")
    config.add_cleanup(terminal.close)
    writer = config.get_terminal_writer()
    line = ProgressLine(
        partial(_write, terminal),
        room=lambda: writer.fullwidth - writer.width_of_current_line,
    )
    config.stash[PROGRESS] = line.wait
    config.pluginmanager.register(Showing(line, expected), "queuekit-progress")


def _write(terminal: TextIO, text: str) -> None:
    with suppress(OSError, ValueError):  # the terminal is gone
        terminal.write(encodable(text, terminal.encoding))
        terminal.flush()
