"""Runs the blocks of a page as a reader would: in order, in one folder that was empty before."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import Block

LIMIT = 300.0
"""Seconds until a block counts as hung."""

_NOT_THE_KITS = ("asyncio", "randomly", "pytest_cov", "timeout")
"""Plugins that the tests install and the kit does not: a reader does not have them."""

_NUMBER = re.compile(r"\d+(,\d{3})*(\.\d+)+|\d+(,\d{3})*(?= ?(s|ms|µs|tasks/min)\b)")
_LONG = re.compile(r"(?<=s) \(\d+:\d\d:\d\d\)")
"""The time that pytest adds to a run of more than a minute."""
_GAP = re.compile(r"(?<=\S) {2,}")
_RULE_LINE = re.compile(r"^([=_-])\1* (.*?) \1+$")


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command of a console block, and the output that the page shows under it."""

    line: str
    shown: str


def run_page(page_blocks: Iterable[Block], folder: Path) -> None:
    """Run blocks in order. Raises AssertionError at the first block that fails."""
    live = [block for block in page_blocks if block.reason is None]
    script = ""
    for position, block in enumerate(live):
        if block.file:
            _write(block, folder)
        elif block.language == "python":
            script += block.text
            if not _continues(live[position + 1 :]):
                _succeeds(block, [sys.executable, "-W", "error", "-c", script], folder)
                script = ""
        elif block.language == "sh":
            _succeeds(block, ["bash", "-e", "-c", block.text], folder)
        elif block.language == "console":
            _shows(block, folder)


def _write(block: Block, folder: Path) -> None:
    target = folder / block.file
    kept = ""
    if block.edit:
        first = block.text.partition("\n")[0]
        kept, present, _ = target.read_text(encoding="utf-8").partition(f"{first}\n")
        assert present, f"{block.place}: {block.file} has no line {first!r}"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(kept + block.text, encoding="utf-8")


def commands(text: str) -> Iterator[Command]:
    """Split a console block at its prompts."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield Command(line=line, shown=shown)


def same_shape(shown: str, printed: str) -> bool:
    """Return True if an output is as a page shows it, except for numbers that differ between runs.

    A line of three dots stands for any lines, and three dots within a line for any text in it.
    """
    pattern = ""
    for line in _shape(shown):
        pattern += r"(.*\n)*?" if line == "..." else _line(line) + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _shape(printed))) is not None


def _line(shown: str) -> str:
    """Return a pattern for one line."""
    return ".*".join(map(re.escape, shown.split("...")))


def _shape(text: str) -> list[str]:
    """Return the lines without the details that differ: times, versions, rates and widths."""
    return [_plain(line.rstrip()) for line in text.strip("\n").splitlines()]


def _plain(line: str) -> str:
    line = _GAP.sub(" ", _NUMBER.sub("N", _LONG.sub("", line)))
    return _RULE_LINE.sub(lambda rule: f"{rule[1]} {rule[2]}", line)


def _continues(following: Sequence[Block]) -> bool:
    after = next((block for block in following if block.language == "python"), None)
    return after is not None and after.run == "continued"


def _succeeds(block: Block, argv: list[str], folder: Path) -> None:
    done = _run(argv, folder)
    assert done.returncode == 0, f"{block.place} ended with {done.returncode}:\n{done.stdout}"


def _shows(block: Block, folder: Path) -> None:
    shown = list(commands(block.text))
    assert shown, f"{block.place} has no command: begin its line with '$ '"
    for command in shown:
        printed = _run(["bash", "-c", command.line], folder).stdout
        assert same_shape(command.shown, printed), (
            f"{block.place}: `{command.line}` prints other output than the page shows:\n{printed}"
        )


def _run(argv: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=LIMIT,
        check=False,
    )


def environment() -> dict[str, str]:
    """Return an environment with the commands of this Python, without settings of this run."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    scripts = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": os.pathsep.join([scripts, kept.get("PATH", "")]),
        "COLUMNS": "80",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": " ".join(f"-p no:{plugin}" for plugin in _NOT_THE_KITS),
    }
