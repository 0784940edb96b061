"""A source file: its text, its syntax tree, and the comments that suppress findings."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.model.verdict import Place

_IGNORE = re.compile(r"#\s*queuekit:\s*ignore\b(?P<rest>.*)", re.DOTALL)
_CODES = re.compile(r"\s*\[(?P<codes>[^\]]*)\]\s*(?P<reason>.*)", re.DOTALL)


class UnreadableError(Exception):
    """A file is no Python that this interpreter can read."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """A comment that suppresses findings of a line: `# queuekit: ignore[QR104] reason`.

    line: of the comment. codes: those it suppresses. reason: why.
    """

    line: int
    column: int
    codes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file.

    path: as it was given. lines: without their ends. tree: its syntax.
    suppressions: the comments, in order.
    """

    path: str
    lines: tuple[str, ...]
    tree: ast.Module
    suppressions: tuple[Suppression, ...]

    def place(self, node: ast.AST) -> Place:
        """Return where a node stands."""
        line = getattr(node, "lineno", 1)
        end_line = getattr(node, "end_lineno", None) or line
        return self.at(
            line,
            self._letters(line, getattr(node, "col_offset", 0)),
            end_line=end_line,
            end_column=self._letters(end_line, getattr(node, "end_col_offset", None) or 0),
        )

    def at(
        self, line: int, column: int, *, end_line: int | None = None, end_column: int | None = None
    ) -> Place:
        """Return a place by its line and column, both from 1."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Place(
            path=self.path,
            line=line,
            column=column,
            end_line=end_line or line,
            end_column=end_column or len(text) + 1,
            text=text,
        )

    def _letters(self, line: int, octets: int) -> int:
        """Return the column, from 1, of an offset in UTF-8, in which a syntax tree counts."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return len(text.encode("utf-8")[:octets].decode("utf-8", "ignore")) + 1


def read_source(path: Path, shown: str) -> Source:
    """Read a file. Raises UnreadableError, with the line where there is one."""
    try:
        with tokenize.open(path) as file:
            text = file.read()
    except (OSError, SyntaxError, UnicodeError, LookupError) as error:
        raise UnreadableError(f"cannot be read: {error}") from error
    return parse_source(text, shown)


def parse_source(text: str, shown: str) -> Source:
    """Parse the text of a file. Raises UnreadableError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the reviewed code, not about its queue
            tree = ast.parse(text)
    except SyntaxError as error:
        message = f"does not parse: {error.msg}"
        raise UnreadableError(message, line=error.lineno or 1, column=error.offset or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"does not parse: {error}") from error
    return Source(
        path=shown,
        # As the syntax tree counts them: a form feed or U+2028 begins no line.
        lines=tuple(re.split(r"\r\n|\r|\n", text)),
        tree=tree,
        suppressions=tuple(_suppressions(text)) if "queuekit:" in text else (),
    )


def _suppressions(text: str) -> list[Suppression]:
    found = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        told = _IGNORE.search(token.string)
        if told:
            named = _CODES.match(told["rest"])
            found.append(
                Suppression(
                    line=token.start[0],
                    column=token.start[1] + told.start() + 1,
                    codes=tuple(
                        one.strip() for one in (named["codes"] if named else "").split(",")
                    ),
                    reason=(named["reason"] if named else "").strip(),
                )
            )
    return found
