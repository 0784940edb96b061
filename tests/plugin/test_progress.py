"""A check that takes long is shown while it runs."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_queuekit.plugin.progress import DELAY, ProgressLine
from tests.plugin.project import QUICK, Project


class Terminal:
    """Keeps what was written, and a clock that a test moves."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.now = 100.0
        self.line = ProgressLine(self.written.append, clock=lambda: self.now)


def test_a_check_is_shown_after_two_seconds() -> None:
    """With its name and the seconds it has run; the cursor stays where it was."""
    terminal = Terminal()
    terminal.line.start("RACE-5 claims-exclusive")
    terminal.now += DELAY - 0.1
    terminal.line.show()
    assert terminal.written == []
    terminal.now += 0.1
    terminal.line.show()
    assert terminal.written == ["\x1b7\x1b[?7l  RACE-5 claims-exclusive (2 s)\x1b[K\x1b[?7h\x1b8"]


def test_a_real_wait_is_shown_with_its_length() -> None:
    """A reader sees what the run waits for, and how long that takes."""
    terminal = Terminal()
    terminal.line.start("LEASE-1")
    terminal.line.wait("lease", 12.4)
    terminal.now += 3
    terminal.line.show()
    assert "  LEASE-1 (3 s: lease, 12 s)" in terminal.written[0]


def test_what_was_shown_is_cleared() -> None:
    """The next dot is written over an empty line; a short check leaves nothing to clear."""
    terminal = Terminal()
    terminal.line.start("LEASE-1")
    terminal.line.end()
    assert terminal.written == []
    terminal.line.start("LEASE-2")
    terminal.now += 3
    terminal.line.show()
    terminal.line.end()
    assert terminal.written[-1] == "\x1b[K"
    terminal.line.show()
    assert len(terminal.written) == 2


SLOW = """
import time
from tests.queues.memory import MemoryQueue

class Slow(MemoryQueue):
    name = "slow"

    def complete(self, claim):
        time.sleep(1.2)
        return super().complete(claim)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_shows_the_check_that_is_running(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line appears although pytest captures output, and is gone at the end."""
    import pty

    project.pytester.makepyfile(slow=SLOW)
    monkeypatch.setenv("TERM", "xterm")
    command = [sys.executable, "-m", "pytest", "-p", "pytest_queuekit.plugin", *QUICK]
    command += ["--queue-impl=slow:Slow", "-k", "ACK-1["]
    shown = bytearray()

    def read(terminal: int) -> bytes:
        data = os.read(terminal, 1024)
        shown.extend(data)
        return data

    with monkeypatch.context() as patch:
        patch.setattr(pty, "STDIN_FILENO", os.open(os.devnull, os.O_RDONLY))
        assert pty.spawn(command, read) == 0
    assert b"  ACK-1 completed-task-not-redelivered (" in shown
    assert b"PASSED: 1 of 1 applicable rule" in shown
