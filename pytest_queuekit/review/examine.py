"""Checks one file, and drops the findings that its comments suppress."""

from __future__ import annotations

import ast
import re
import traceback
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.model.verdict import Finding, Place
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.source import (
    SourceFile,
    Suppression,
    UnreadableError,
    parse_source,
    read_source,
)
from pytest_queuekit.review.catalogue import CODES
from pytest_queuekit.review.code import Code
from pytest_queuekit.review.codes.about_files import UNCHECKED, UNCLEAR, UNREADABLE, UNUSED

_RELEVANT = re.compile(
    r"\.execute|QueueDatabase|TaskQueue|TaskClaimer|QueueBusy|task_queue|queue_db|sqlite3|"
    r"from [\w.]*queue[\w.]* import"
)
"""The checks skip a file without any of these words."""


def examine_file(path: Path, shown: str) -> list[Finding]:
    """Return the findings of a file, sorted by place.

    shown: the path as the findings name it.
    """
    try:
        return examine(read_source(path, shown))
    except UnreadableError as error:
        return [_unreadable(error, shown)]


def examine_text(text: str, shown: str = "<text>") -> list[Finding]:
    """Return the findings of source code in a string, sorted by place."""
    try:
        return examine(parse_source(text, shown))
    except UnreadableError as error:
        return [_unreadable(error, shown)]


def examine(source: SourceFile) -> list[Finding]:
    """Return the findings of a source file, sorted by place."""
    relevant = _RELEVANT.search("\n".join(source.lines)) is not None
    findings = _check(source) if relevant else []
    kept = [
        finding
        for finding in findings
        if not any(_suppresses(comment, finding) for comment in source.suppressions)
    ]
    return sorted([*kept, *_about_suppressions(source, findings)], key=_position)


@dataclass(frozen=True, kw_only=True)
class _Cause:
    """The reason why a check did not run to its end.

    error: the exception's type and message. raised_in: file and line of the review.
    too_deep: True if the reviewed code is nested too deeply for the parser.
    """

    error: str
    raised_in: str
    too_deep: bool

    @classmethod
    def of(cls, error: Exception) -> _Cause:
        """Describe an exception."""
        message = " ".join(str(error).split())
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return cls(
            error=f"{type(error).__name__}: {message:.120}",
            raised_in=f"{Path(frame.filename).name}:{frame.lineno}",
            too_deep=isinstance(error, RecursionError),
        )


def _check(source: SourceFile) -> list[Finding]:
    """Run all checks. An exception in a check becomes a finding; the other checks still run."""
    try:
        module = Module(source)
    except Exception as error:  # noqa: BLE001 - reported as a finding
        return [_unchecked(source, _Cause.of(error), "all codes")]
    findings: list[Finding] = []
    failed: dict[_Cause, list[str]] = defaultdict(list)
    for code in CODES:
        try:
            findings.extend(_matches(source, module, code))
        except Exception as error:  # noqa: BLE001 - reported as a finding
            failed[_Cause.of(error)].append(code.id)
    unchecked = (_unchecked(source, cause, ", ".join(ids)) for cause, ids in failed.items())
    return [*findings, *dict.fromkeys(unchecked)]


def _matches(source: SourceFile, module: Module, code: Code) -> Iterator[Finding]:
    for match in code.check(module) if code.check else ():
        yield Finding(
            kind=code.id,
            title=code.title,
            detail=match.detail,
            place=source.place(_without_body(match.node)),
        )


def _unchecked(source: SourceFile, cause: _Cause, codes: str) -> Finding:
    if cause.too_deep:
        return _finding(UNREADABLE, "nested too deeply to be reviewed", source.at(1, 1))
    detail = f"{codes}: {cause.error}, raised in {cause.raised_in}; please report this"
    return _finding(UNCHECKED, detail, source.at(1, 1))


def _finding(code: Code, detail: str, place: Place) -> Finding:
    return Finding(kind=code.id, title=code.title, detail=detail, place=place)


def _without_body(node: ast.AST) -> ast.AST:
    """Return the node to point at: of a compound statement only its first line."""
    if not getattr(node, "body", None) or not isinstance(node, ast.stmt | ast.ExceptHandler):
        return node
    head = ast.copy_location(ast.Pass(), node)
    head.end_lineno, head.end_col_offset = head.lineno, None
    return head


def _suppresses(comment: Suppression, finding: Finding) -> bool:
    """Return True if a comment stands in a line of the finding and names its code."""
    place = finding.place
    inside = place is not None and place.line <= comment.line <= place.end_line
    return inside and finding.kind in comment.codes


def _about_suppressions(source: SourceFile, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a finding for each suppression that is unclear or suppresses nothing."""
    known = {code.id for code in CODES}
    for comment in source.suppressions:
        place = source.at(comment.line, comment.column)
        fault = _unclear(comment, known)
        if fault:
            detail = f"{fault}; write # queuekit: ignore[QR104] and the reason"
            yield _finding(UNCLEAR, detail, place)
        used = {finding.kind for finding in findings if _suppresses(comment, finding)}
        for code in comment.codes:
            if code in known - used:
                detail = (
                    f"no {code} in this line; remove the suppression, or move it to the line of "
                    "the finding"
                )
                yield _finding(UNUSED, detail, place)


def _unclear(comment: Suppression, known: set[str]) -> str:
    """Return the fault of a suppression; empty for none."""
    unknown = [code for code in comment.codes if code not in known]
    if any(unknown):
        return f"unknown code {', '.join(repr(code) for code in unknown if code)}"
    if unknown:
        return "no code"
    return "" if comment.reason else "no reason"


def _unreadable(error: UnreadableError, shown: str) -> Finding:
    place = Place(
        path=shown,
        line=error.line,
        column=error.column,
        end_line=error.line,
        end_column=error.column + 1,
    )
    return _finding(UNREADABLE, str(error), place)


def _position(finding: Finding) -> tuple[int, int, str]:
    place = finding.place
    return (place.line, place.column, finding.kind) if place else (0, 0, finding.kind)
