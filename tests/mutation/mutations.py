"""The small changes of a module: in the SQL of its strings, and in its Python."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change of one file.

    file: the module that changes.
    line, column: where the change starts, counted from 1.
    kind: "SQL" or "Python".
    change: what is replaced, and by what.
    source: the whole changed module.
    """

    file: Path
    line: int
    column: int
    kind: str
    change: str
    source: str

    def __str__(self) -> str:
        """Return the place and the change, in one line."""
        return f"{self.file.name}:{self.line}:{self.column} {self.kind}: {self.change}"


_IS_SQL = re.compile(r"\b(SELECT|UPDATE|INSERT|DELETE|FROM|WHERE|AND|OR|SET|ORDER BY|CASE|WHEN)\b")
_SQL: Mapping[re.Pattern[str], str] = {
    re.compile(pattern): replacement
    for pattern, replacement in {
        r"(?<![<>-])<=(?!>)": "<",
        r"(?<![<>-])>=": ">",
        r"(?<=\s)<(?=\s)": "<=",
        r"(?<=\s)>(?=\s)": ">=",
        r"\bAND\b(?! \?)": "OR",
        r"\bOR\b(?! (?:IGNORE|REPLACE|ROLLBACK|ABORT|FAIL))": "AND",
        r"\bASC\b": "DESC",
        r"\bDESC\b": "ASC",
        r"\bmax\(": "min(",
        r"\bmin\(": "max(",
        r"\bIS NULL\b": "IS NOT NULL",
        r"\bIS NOT NULL\b": "IS NULL",
        r"\bNOT EXISTS\b": "EXISTS",
        r"\bNOT \(": "(",
        r"\+ 1\b": "+ 0",
        r"\b(WHERE|AND) (\w+) = ": r"\1 \2 <> ",
        r"\bLIMIT 1\b": "LIMIT 2",
        r"\b(\w+) = NULL\b": r"\1 = \1",
        r"= 0\b": "= 1",
        r"'queued'": "'processing'",
        r"'failed'": "'completed'",
        r"'completed'": "'failed'",
        r"'cancelled'": "'failed'",
    }.items()
}
_TOKENS: Mapping[str, str] = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "+": "-",
    "-": "+",
    "and": "or",
    "or": "and",
    "True": "False",
    "False": "True",
    "max": "min",
    "min": "max",
    "not": "",
}


def mutations(file: Path) -> list[Mutation]:
    """Return all changes of a module whose result is still Python."""
    source = file.read_text()
    tree = ast.parse(source)
    found = []
    for start, end, text, kind in (*_of_tokens(source, tree), *_of_statements(source, tree)):
        changed = source[:start] + text + source[end:]
        try:
            compile(changed, file.name, "exec")
        except SyntaxError:
            continue
        before, after = (" ".join(part.split()) for part in (source[start:end], text))
        found.append(
            Mutation(
                file=file,
                line=source.count("\n", 0, start) + 1,
                column=start - source.rfind("\n", 0, start),
                kind=kind,
                change=f"`{before}` becomes `{after}`" if after else f"without `{before}`",
                source=changed,
            )
        )
    return found


Edit = tuple[int, int, str, str]
"""Offsets of the start and the end, the new text, the kind."""


def _of_tokens(source: str, tree: ast.Module) -> Iterator[Edit]:
    lines = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    ignored = _lines_without_behaviour(tree)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start = lines[token.start[0] - 1] + token.start[1]
        if token.start[0] in ignored:
            continue
        if token.type == tokenize.STRING:
            if _IS_SQL.search(token.string):
                yield from _of_sql(token.string, start)
        elif token.string in _TOKENS:
            yield start, start + len(token.string), _TOKENS[token.string], "Python"
        elif token.type == tokenize.NUMBER and token.string.isdigit():
            yield start, start + len(token.string), str(int(token.string) + 1), "Python"


def _of_sql(text: str, offset: int) -> Iterator[Edit]:
    for pattern, replacement in _SQL.items():
        for match in pattern.finditer(text):
            yield offset + match.start(), offset + match.end(), match.expand(replacement), "SQL"


def _of_statements(source: str, tree: ast.Module) -> Iterator[Edit]:
    """Leave out a call whose answer is not used, and an error that is raised."""
    text = source.encode()  # the columns of a node count bytes
    lines = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if is_call or (isinstance(node, ast.Raise) and node.exc is not None):
            assert isinstance(node, ast.stmt) and node.end_lineno is not None  # noqa: PT018
            start = lines[node.lineno - 1] + node.col_offset
            end = lines[node.end_lineno - 1] + (node.end_col_offset or 0)
            before, call = text[:start].decode(), text[start:end].decode()
            yield len(before), len(before) + len(call), "pass", "Python"


def _lines_without_behaviour(tree: ast.Module) -> set[int]:
    """Return the lines of docstrings, imports, and the messages of errors."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text or isinstance(node, ast.Import | ast.ImportFrom | ast.Raise):
            assert isinstance(node, ast.stmt)
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines
