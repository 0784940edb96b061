"""A check that takes long is shown while it runs."""

from __future__ import annotations

from pytest_queuekit.plugin.progress import DELAY, ProgressLine


class Terminal:
    """Keeps what was written, and a clock that a test moves."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.now = 100.0
        self.line = ProgressLine(self.written.append, clock=lambda: self.now, width=80)


def test_a_check_is_shown_after_two_seconds() -> None:
    """With its name and the seconds it has run; the cursor stays where it was."""
    terminal = Terminal()
    terminal.line.start("RACE-5 claims-exclusive")
    terminal.now += DELAY - 0.1
    terminal.line.show()
    assert terminal.written == []
    terminal.now += 0.1
    terminal.line.show()
    assert terminal.written == ["\x1b7  RACE-5 claims-exclusive (2 s)\x1b[K\x1b8"]


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


def test_a_long_name_leaves_room_for_the_dots() -> None:
    """The text takes half of the terminal at most."""
    terminal = Terminal()
    terminal.line.start("X" * 200)
    terminal.now += 3
    terminal.line.show()
    assert len(terminal.written[0]) < 60
