"""The findings of a review as text: each with its source line and a caret under the fault."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from itertools import accumulate

from pytest_queuekit.model.verdict import Finding, Place, Status, Verdict
from pytest_queuekit.report.lines import Line, Tone, counted, printable, wrapped

_WIDEST = 76
"""Columns of a source line that are shown."""
_LEAST = 20
"""Columns after the caret; a line with less room is shown from its middle."""
_BEFORE = 10
"""Characters before the caret in a line that is shown from its middle."""
_CUT = "..."
"""Stands for the rest of a source line. ASCII, so that the caret keeps its column everywhere."""


def lines_of(finding: Finding) -> Iterator[Line]:
    """Yield the place and the detail, then the source line and carets under the fault."""
    place = finding.place
    if place is None:
        return
    where = f"{printable(place.path)}:{place.line}:{place.column}"
    yield Line(f"{where}: {finding.kind} {printable(finding.detail)}", Tone.BAD)
    if place.text.strip():
        text, carets = _pointed(place)
        yield Line(f"    {text}")
        yield Line(f"    {carets}", Tone.CAREFUL)


def _pointed(place: Place) -> tuple[str, str]:
    """Return the source line and the carets below it, both without the indent."""
    plain = printable(place.text)
    begin = min(place.column - 1, len(plain))
    end = place.end_column - 1 if place.end_line == place.line else len(plain)
    start = min(len(plain) - len(plain.lstrip()), begin)
    text = plain[start:]
    if _columns(plain[start:begin]) > _WIDEST - _LEAST:
        start = begin - _BEFORE
        text = _CUT + plain[start + len(_CUT) :]
    before = _columns(text[: begin - start])
    width = _columns(text[begin - start : end - start])
    return _shortened(text), " " * before + "^" * max(min(width, _WIDEST - before), 1)


def _columns(text: str) -> int:
    """Return the number of terminal columns that a text takes."""
    return sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Me":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _shortened(text: str) -> str:
    if _columns(text) <= _WIDEST:
        return text
    ends = accumulate(map(_width, text))
    return text[: sum(1 for end in ends if end <= _WIDEST - len(_CUT))] + _CUT


def explain(verdict: Verdict, *, most: int = 20) -> list[str]:
    """Return the code's fault and rule, then at most `most` of its findings."""
    lines = wrapped(f"{verdict.rule}: {_title(verdict)}", hanging="  ")
    if verdict.findings:
        lines += wrapped(f"Expected: {verdict.sentence}", indent="  ", hanging="  ")
    for finding in verdict.findings[:most]:
        lines += [line.text for line in lines_of(finding)]
    more = len(verdict.findings) - most
    return lines + ([f"… and {more:,} more of {verdict.rule}"] if more > 0 else [])


def text(verdicts: Sequence[Verdict], files: int) -> str:
    """Return all findings by place, the undecided codes, and the counts."""
    findings = by_place(each for verdict in verdicts for each in verdict.findings)
    lines = [line.text for finding in findings for line in lines_of(finding)]
    lines += [line.text for line in (*_undecided(verdicts), _total(findings, files))]
    return "\n".join(lines) + "\n"


def by_place(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by file and line."""
    return sorted(findings, key=lambda each: (astuple(each.place) if each.place else (), each.kind))


def _title(verdict: Verdict) -> str:
    titles = (finding.title for finding in verdict.findings)
    return next(titles, "") or verdict.sentence


def _undecided(verdicts: Sequence[Verdict]) -> list[Line]:
    codes = ", ".join(each.rule for each in verdicts if each.status is Status.NOT_RUN)
    note = f"Not decided from the code: {codes} (queuekit review --list)"
    return [Line(line) for line in wrapped(note, hanging="  ")] if codes else []


def _total(findings: Sequence[Finding], files: int) -> Line:
    if not files:
        return Line("no Python files found: nothing was reviewed", Tone.CAREFUL)
    if not findings:
        return Line(f"no findings in {counted(files, 'file')}", Tone.GOOD)
    paths = {each.place.path for each in findings if each.place}
    count = counted(len(findings), "finding")
    return Line(f"{count} in {len(paths):,} of {counted(files, 'file')}", Tone.BAD)
