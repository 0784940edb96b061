"""Reads the code blocks of a Markdown page, with the line before each that says its purpose.

A caption names a file, for the reader of the rendered page and for the tests alike:

**`NAME`**                                  the block is the content of this file.
**`NAME`** (from this line to the end)      the block replaces the file from its own first line on.

A comment concerns the tests alone:

<!-- run: no, REASON -->                    the block does not run, for this reason.
<!-- run: continued -->                     a python block continues the page's last python block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

RUNNABLE = ("python", "sh", "console")

_FENCE = re.compile(r"^```(\S*)\s*$")
_CAPTION = re.compile(r"^\*\*`([\w./-]+)`\*\*( \(from this line to the end\))?$")
_COMMENT = re.compile(r"^<!-- (\w+): (.+) -->$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block.

    page: the file that holds it. line: of its opening fence, from 1.
    language: the word after the fence. text: the lines between the fences.
    run: the text of the comment before the block; empty without a comment.
    file: the file that the caption names; empty without a caption.
    edit: True if the block replaces the end of that file, False if it is the whole file.
    """

    page: Path
    line: int
    language: str
    text: str
    run: str = ""
    file: str = ""
    edit: bool = False

    @property
    def place(self) -> str:
        """The page and the line, for a message."""
        return f"{self.page.name}:{self.line}"

    @property
    def reason(self) -> str | None:
        """The reason why the block does not run; None if it runs."""
        if self.run.startswith("no"):
            return self.run.removeprefix("no").strip(" ,")
        return None


def pages() -> list[Path]:
    """Return every page that has its blocks run."""
    package_docs = (ROOT / "pytest_queuekit" / "queue").glob("*.md")
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted(package_docs),
    ]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order.

    Raises AssertionError at a comment before a block that names a file: no reader sees it.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    run, file, edit = "", "", False
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if opened is not None:
            if line == "```":
                start, language = opened
                text = "\n".join(lines[start : number - 1]) + "\n"
                yield Block(
                    page=page,
                    line=start,
                    language=language,
                    text=text,
                    run=run,
                    file=file,
                    edit=edit,
                )
                opened, run, file, edit = None, "", "", False
        elif fence := _FENCE.match(line):
            opened = number, fence[1]
        elif caption := _CAPTION.match(line):
            file, edit = caption[1], caption[2] is not None
        elif comment := _COMMENT.match(line):
            assert comment[1] == "run", (
                f"{page.name}:{number} hides {comment[2]!r} in a comment: "
                f"write the caption **`{comment[2]}`** before the block"
            )
            run = comment[2]
        elif line.strip():
            run, file, edit = "", "", False
