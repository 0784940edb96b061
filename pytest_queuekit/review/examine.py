"""One file: what the checks find in it, less what its comments suppress."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_queuekit.model.verdict import Place, Violation
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.source import (
    Source,
    Suppression,
    UnreadableError,
    parse_source,
    read_source,
)
from pytest_queuekit.review.catalogue import CODES, UNCLEAR, UNREADABLE, UNUSED

_CONCERNED = re.compile(
    r"\.execute|QueueDatabase|TaskQueue|TaskClaimer|QueueBusy|task_queue|queue_db|sqlite3|"
    r"from [\w.]*queue[\w.]* import"
)
"""A file without one of these words has nothing to be reviewed."""


def examine_file(path: Path, shown: str) -> list[Violation]:
    """Return what is found in a file, by place; `kind` is the code."""
    try:
        return examine(read_source(path, shown))
    except UnreadableError as error:
        return [_unreadable(error, shown)]


def examine_text(text: str, shown: str = "<text>") -> list[Violation]:
    """Return what is found in the text of a file."""
    try:
        return examine(parse_source(text, shown))
    except UnreadableError as error:
        return [_unreadable(error, shown)]


def examine(source: Source) -> list[Violation]:
    """Return what is found in a source, by place."""
    found = list(_checked(source)) if _CONCERNED.search("\n".join(source.lines)) else []
    told = [*_kept(source, found), *_about_suppressions(source, found)]
    return sorted(told, key=_place)


def _checked(source: Source) -> Iterator[Violation]:
    try:
        module = Module(source)
        for code in CODES:
            for finding in code.check(module) if code.check else ():
                yield Violation(
                    kind=code.id, detail=finding.sentence, place=source.place(_head(finding.node))
                )
    except RecursionError as error:
        raise UnreadableError("is nested too deeply to be reviewed") from error


def _head(node: ast.AST) -> ast.AST:
    """Return what to point at: of a statement with a body only its beginning."""
    body = getattr(node, "body", None)
    if not isinstance(body, list) or not body:
        return node
    head = ast.copy_location(ast.Pass(), node)
    head.end_lineno, head.end_col_offset = head.lineno, None
    return head


def _kept(source: Source, found: Sequence[Violation]) -> Iterator[Violation]:
    for one in found:
        if not any(_suppresses(comment, one) for comment in source.suppressions):
            yield one


def _suppresses(comment: Suppression, found: Violation) -> bool:
    """Whether a comment stands in a line of a finding and names its code."""
    place = found.place
    inside = place is not None and place.line <= comment.line <= place.end_line
    return inside and found.kind in comment.codes


def _about_suppressions(source: Source, found: Sequence[Violation]) -> Iterator[Violation]:
    known = {code.id for code in CODES}
    for comment in source.suppressions:
        place = source.at(comment.line, comment.column)
        strangers = [one for one in comment.codes if one not in known]
        if strangers or not comment.reason:
            named = ", ".join(map(repr, filter(None, strangers)))
            wrong = f"no such code: {named}" if named else "no code" if strangers else "no reason"
            yield Violation(
                kind=UNCLEAR,
                detail=f"{wrong}; write # queuekit: ignore[QR104] and why",
                place=place,
            )
        for code in comment.codes:
            used = any(_suppresses(comment, one) and one.kind == code for one in found)
            if code in known and not used:
                yield Violation(
                    kind=UNUSED,
                    detail=f"{code} is not found in this line; take the suppression out, or move "
                    "it to the line of the finding",
                    place=place,
                )


def _unreadable(error: UnreadableError, shown: str) -> Violation:
    place = Place(
        path=shown,
        line=error.line,
        column=error.column,
        end_line=error.line,
        end_column=error.column + 1,
    )
    return Violation(kind=UNREADABLE, detail=str(error), place=place)


def _place(one: Violation) -> tuple[int, int, str]:
    return (one.place.line, one.place.column, one.kind) if one.place else (0, 0, one.kind)
