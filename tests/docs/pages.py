"""Reads the code blocks of a Markdown page, and what a comment before a block says about it.

`<!-- run: no, REASON -->`  it is not run, for that reason.
`<!-- run: continued -->`   a python block that goes on where the page's last one ended.
`<!-- file: NAME -->`       it is the content of a file, which later blocks of the page find.
`<!-- edit: NAME -->`       it takes the place of that file's text from its own first line onwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

RUNNABLE = ("python", "sh", "console")

_FENCE = re.compile(r"^```(\S*)\s*$")
_DIRECTIVE = re.compile(r"^<!-- (run|file|edit): (.+) -->$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block.

    page: the file it stands in. line: of its opening fence, from 1.
    language: the word after the fence. text: what is between the fences.
    run, file, edit: what the comment before it says; empty without one.
    """

    page: Path
    line: int
    language: str
    text: str
    run: str = ""
    file: str = ""
    edit: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for a message."""
        return f"{self.page.name}:{self.line}"

    @property
    def reason(self) -> str | None:
        """Why it is not run; None where it is."""
        if self.run.startswith("no"):
            return self.run.removeprefix("no").strip(" ,")
        return None


def pages() -> list[Path]:
    """Return every page whose blocks are run."""
    package_docs = (ROOT / "pytest_queuekit" / "queue").glob("*.md")
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted(package_docs),
    ]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    directive: dict[str, str] = {}
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        fence = _FENCE.match(line)
        if opened is not None:
            if line == "```":
                text = "\n".join(lines[opened[0] : number - 1]) + "\n"
                yield Block(page=page, line=opened[0], language=opened[1], text=text, **directive)
                opened, directive = None, {}
        elif fence:
            opened = number, fence[1]
        elif found := _DIRECTIVE.match(line):
            directive = {found[1]: found[2]}
        elif line.strip():
            directive = {}
