"""A terminal shows the check that runs, and a log has a line for each family."""

from __future__ import annotations

import json
import os
import re
import sys

import pytest

from pytest_queuekit.plugin.progress import DELAY, ProgressLine
from tests.plugin.project import QUICK, Project, text


class Terminal:
    """Keeps what was written, and a clock that a test moves. room: columns up to the margin."""

    def __init__(self, room: int = 80) -> None:
        self.written: list[str] = []
        self.now = 100.0
        self.line = ProgressLine(self.written.append, room=lambda: room, clock=lambda: self.now)

    @property
    def shown(self) -> str:
        """The text that was written last, without what moves the cursor."""
        return self.written[-1].removeprefix("\x1b7\x1b[?7l").removesuffix("\x1b[K\x1b[?7h\x1b8")


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


def test_the_expected_time_is_shown() -> None:
    """From the last run; a check that took less than the delay has none."""
    terminal = Terminal()
    terminal.line.start("RACE-5", expected=14.2)
    terminal.now += 3
    terminal.line.show()
    assert terminal.shown == "  RACE-5 (3 of about 14 s)"
    terminal.line.start("RACE-6", expected=0.3)
    terminal.now += 3
    terminal.line.show()
    assert terminal.shown == "  RACE-6 (3 s)"


def test_a_real_wait_is_shown_with_the_rest_of_its_length() -> None:
    """A reader sees what the run waits for, and how long that takes; no longer than it may take."""
    terminal = Terminal()
    terminal.line.start("LEASE-1")
    terminal.line.wait("lease", 12.4)
    terminal.now += 3
    terminal.line.show()
    assert terminal.shown == "  LEASE-1 (3 s: lease, at most 9 s more)"
    terminal.now += 10
    terminal.line.show()
    assert terminal.shown == "  LEASE-1 (13 s)"


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (80, "  LEASE-1 lease-outlasts (3 of about 14 s: lease, at most 9 s more)"),
        (60, "  LEASE-1 (3 of about 14 s: lease, at most 9 s more)"),
        (40, "  LEASE-1 (3 of about 14 s)"),
        (20, "  3 of about 14 s"),
        (10, ""),
    ],
)
def test_the_text_fits_what_is_left_of_the_line(room: int, shown: str) -> None:
    """The name is shortened first, then the wait is left out, then the name."""
    terminal = Terminal(room)
    terminal.line.start("LEASE-1 lease-outlasts", "LEASE-1", expected=14)
    terminal.line.wait("lease", 12)
    terminal.now += 3
    terminal.line.show()
    assert terminal.shown == shown


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
    seconds = 0

    def complete(self, claim):
        Slow.seconds = 3 if Slow.seconds == 0 else None
        return super().complete(claim)

    def claim(self, worker, **options):
        if Slow.seconds:  # once, and never in the preflight, whose last claim comes before
            time.sleep(Slow.seconds)
            Slow.seconds = None
        return super().claim(worker, **options)
"""


PROGRESS = re.compile(rb"([^\r\n\x1b]*)\x1b7\x1b\[\?7l([^\x1b]*)\x1b\[K")
"""What is on the line already, and what the progress adds to it."""


on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


def _on_a_terminal(project: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> bytes:
    """Return what a run with a slow check writes to a terminal."""
    import pty

    project.pytester.makepyfile(slow=SLOW)
    monkeypatch.setenv("TERM", "xterm")
    command = [sys.executable, "-m", "pytest", "-p", "pytest_queuekit.plugin", *QUICK]
    command += ["--queue-impl=slow:Slow", "-k", "ACK-1[", *arguments]
    shown = bytearray()

    def read(terminal: int) -> bytes:
        data = os.read(terminal, 1024)
        shown.extend(data)
        return data

    with monkeypatch.context() as patch:
        patch.setattr(pty, "STDIN_FILENO", os.open(os.devnull, os.O_RDONLY))
        assert pty.spawn(command, read) == 0
    assert b"PASSED: 1 of 1 applicable rule" in shown
    return bytes(shown)


@on_a_terminal
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_terminal_shows_the_check_that_is_running(
    project: Project, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """The text appears although pytest captures output, and fits behind pytest's letters.

    It has no colours where they are not wanted, and ASCII alone where the encoding demands it.
    """
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    shown = _on_a_terminal(project, monkeypatch)
    lines = [(before, added) for before, added in PROGRESS.findall(shown) if added]
    assert lines
    assert all(b"  ACK-1 " in added for _, added in lines)
    assert max(len(before) + len(added) for before, added in lines) < columns
    assert b"\x1b[3" not in shown
    assert shown.isascii()


@on_a_terminal
def test_a_terminal_that_the_queue_may_write_to_shows_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With -s, the cursor is wherever the queue left it."""
    assert PROGRESS.findall(_on_a_terminal(project, monkeypatch, "-s")) == []


FAMILY = re.compile(r" ?(?:\S+ )?(?:[.F]+ )?((?:CLAIM|KEY)\[\w+\]: .*?, )\d+\.\d s( +\[ *\d+%\])?")


def _family_lines(result: pytest.RunResult) -> list[str]:
    return [match[1] for line in result.outlines if (match := FAMILY.fullmatch(line))]


FEW = ("--queue-impl=shop:Twice", "-k", "CLAIM-1[ or CLAIM-7[ or KEY-1[")


def test_a_log_has_a_line_for_each_family(project: Project, spread: tuple[str, ...]) -> None:
    """With the answers, behind the letters of pytest, in the order in which the families end."""
    lines = _family_lines(project.validate(*FEW, *spread))
    assert sorted(lines) == ["CLAIM[twice]: 2 failed, ", "KEY[twice]: 1 passed, "]


def test_the_percentage_stands_where_pytest_has_it(project: Project) -> None:
    """At the end of the line, and the next family starts a new one."""
    result = project.validate(*FEW, "-p", "no:randomly")
    result.stdout.re_match_lines_random(
        [
            r"queue-validate FF CLAIM\[twice\]: 2 failed, \d+\.\d s +\[ 66%\]$",
            r"queue-validate \. KEY\[twice\]: 1 passed, \d+\.\d s +\[100%\]$",
        ]
    )
    assert max(len(line) for line in result.outlines if "queue-validate " in line) <= 80


@pytest.mark.parametrize("option", ["-q", "-v"])
def test_other_verbosities_have_no_such_lines(project: Project, option: str) -> None:
    """With -q nothing but letters, with -v a line for each check."""
    assert "CLAIM[twice]: " not in text(project.validate(*FEW, option))


@pytest.mark.parametrize("columns", [40, 200])
def test_a_line_fits_a_narrow_log(
    project: Project, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """It continues below if it must."""
    monkeypatch.setenv("COLUMNS", str(columns))
    result = project.validate("--queue-impl=shop:Little", "-k", "ROUTE")
    lines = [line for line in result.outlines if "ROUTE[little]: " in line]
    assert len(lines) == 1
    assert len(lines[0]) <= columns
    assert lines[0].startswith("  ROUTE" if columns == 40 else "queue-validate sss")


def test_an_unfinished_family_has_no_line(project: Project) -> None:
    """-x ends the run in the middle of it."""
    result = project.validate(*FEW, "-x", "-p", "no:randomly")
    assert _family_lines(result) == []


def test_the_seconds_of_a_run_are_expected_of_the_next(project: Project) -> None:
    """At the same level; a check that was not exercised has none."""
    project.validate("--queue-impl=shop:Little", "-k", "CLAIM-1[ or RETRY-1[")
    cache = project.path / ".pytest_cache" / "v" / "queuekit"
    (stored,) = cache.iterdir()
    assert stored.name == "seconds-quick"
    assert list(json.loads(stored.read_text(encoding="utf-8"))) == ["CLAIM-1[little]"]


@pytest.mark.parametrize("content", ["", "[]", '{"CLAIM-1[twice]": "long"}'])
def test_a_damaged_cache_is_no_cache(project: Project, content: str) -> None:
    """The run has its verdicts, and writes it again."""
    file = project.path / ".pytest_cache" / "v" / "queuekit" / "seconds-quick"
    file.parent.mkdir(parents=True)
    file.write_text(content, encoding="utf-8")
    project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[").assert_outcomes(failed=1)
    assert json.loads(file.read_text(encoding="utf-8"))["CLAIM-1[twice]"] >= 0


def test_a_run_without_a_cache_has_its_verdicts(project: Project) -> None:
    """-p no:cacheprovider is respected."""
    arguments = ("--queue-impl=shop:Twice", "-k", "CLAIM-1[", "-p", "no:cacheprovider")
    project.validate(*arguments).assert_outcomes(failed=1)
    assert not (project.path / ".pytest_cache").exists()
