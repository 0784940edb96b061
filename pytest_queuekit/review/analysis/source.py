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
    """A file that this interpreter cannot read as Python; `line` and `column` count from 1."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """A comment that suppresses findings in its line: `# queuekit: ignore[QR104] reason`.

    line, column: the place of the comment, from 1.
    codes: the codes that it suppresses.
    reason: the text after the codes.
    """

    line: int
    column: int
    codes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file.

    path: the path as the findings name it.
    lines: the text, without line ends.
    tree: the syntax tree.
    suppressions: the comments that suppress findings, in order.
    """

    path: str
    lines: tuple[str, ...]
    tree: ast.Module
    suppressions: tuple[Suppression, ...]

    def place(self, node: ast.AST) -> Place:
        """Return the place of a node."""
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
        """Return the place at a line and column, both from 1."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Place(
            path=self.path,
            line=line,
            column=column,
            end_line=end_line or line,
            end_column=end_column or len(text) + 1,
            text=text,
        )

    def _letters(self, line: int, offset: int) -> int:
        """Return the column, from 1, of an offset in UTF-8 bytes, as syntax trees count."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return len(text.encode("utf-8")[:offset].decode("utf-8", "ignore")) + 1


def read_source(path: Path, shown: str) -> SourceFile:
    """Read a file. Raises UnreadableError, with the line if it is known."""
    try:
        with tokenize.open(path) as file:
            text = file.read()
    except (OSError, SyntaxError, UnicodeError, LookupError) as error:
        raise UnreadableError(f"cannot be read: {error}") from error
    return parse_source(text, shown)


def parse_source(text: str, shown: str) -> SourceFile:
    """Parse the text of a file. Raises UnreadableError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own warnings about the reviewed code
            tree = ast.parse(text)
        suppressions = _suppressions(text) if "queuekit:" in text else []
    except SyntaxError as error:
        message = f"does not parse: {error.msg}"
        raise UnreadableError(message, line=error.lineno or 1, column=error.offset or 1) from error
    except (ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise UnreadableError(f"does not parse: {error}") from error
    return SourceFile(
        path=shown,
        # Split as the syntax tree counts: a form feed or U+2028 does not start a line.
        lines=tuple(re.split(r"\r\n|\r|\n", text)),
        tree=tree,
        suppressions=tuple(suppressions),
    )


def _suppressions(text: str) -> list[Suppression]:
    suppressions = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        comment = _IGNORE.search(token.string) if token.type == tokenize.COMMENT else None
        if comment:
            listed = _CODES.match(comment["rest"])
            codes, reason = (listed["codes"], listed["reason"]) if listed else ("", "")
            suppressions.append(
                Suppression(
                    line=token.start[0],
                    column=token.start[1] + comment.start() + 1,
                    codes=tuple(code.strip() for code in codes.split(",")),
                    reason=reason.strip(),
                )
            )
    return suppressions
