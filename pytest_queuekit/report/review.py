"""What a review found, in words: each finding with its line, and what it points at."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from itertools import accumulate

from pytest_queuekit.model.verdict import Place, Status, Verdict, Violation
from pytest_queuekit.report.lines import Line, Tone, cut, printable, wrapped

_WIDEST = 76
_SEEN = 20
"""Columns of what is meant that are shown at least; for that the line is shown from its middle."""
_BEFORE = 10


def finding(one: Violation) -> Iterator[Line]:
    """Yield where and what, the source line, and a caret under what is meant."""
    place = one.place
    if place is None:
        return
    where = f"{printable(place.path)}:{place.line}:{place.column}"
    yield Line(f"{where}: {one.kind} {printable(one.detail)}", Tone.BAD)
    if place.text.strip():
        text, mark = _pointed(place)
        yield Line(f"    {text}")
        yield Line(f"    {mark}", Tone.CAREFUL)


def _pointed(place: Place) -> tuple[str, str]:
    """Return the source line and the carets below it, both without the indent."""
    plain = printable(place.text)
    begin = min(place.column - 1, len(plain))
    end = place.end_column - 1 if place.end_line == place.line else len(plain)
    start = min(len(plain) - len(plain.lstrip()), begin)
    text = plain[start:]
    if _columns(plain[start:begin]) > _WIDEST - _SEEN:
        start = begin - _BEFORE
        text = "…" + plain[start + 1 :]
    before = _columns(text[: begin - start])
    meant = _columns(text[begin - start : end - start])
    return _cut(text), " " * before + "^" * max(min(meant, _WIDEST - before), 1)


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Me":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _cut(text: str) -> str:
    """Return what is seen of a source line."""
    if _columns(text) <= _WIDEST:
        return text
    ends = accumulate(map(_width, text))
    return text[: sum(1 for end in ends if end < _WIDEST)] + "…"


def explain(verdict: Verdict, *, most: int = 20) -> list[str]:
    """Return what one item of the checklist asks for, and what was found."""
    lines = wrapped(f"{verdict.rule}: {verdict.sentence}", hanging="  ")
    for one in verdict.violations[:most]:
        lines += [line.text for line in finding(one)]
    more = len(verdict.violations) - most
    return lines + ([f"… and {more} more of {verdict.rule}"] if more > 0 else [])


def text(verdicts: Sequence[Verdict], files: int) -> str:
    """Return all findings by place, what the text does not decide, and how many there are."""
    found = by_place(one for verdict in verdicts for one in verdict.violations)
    lines = [line.text for one in found for line in finding(one)]
    lines += [line.text for line in (*_undecided(verdicts), _counted(found, files))]
    return "\n".join(lines) + "\n"


def report(place: str, verdicts: Sequence[Verdict], *, findings: bool) -> Iterator[Line]:
    """Yield a line for each item that is not followed; `findings` says whether to tell each."""
    yield from (Line(text, Tone.HEAD) for text in wrapped(f"review of {place}"))
    for verdict in verdicts:
        if verdict.violations:
            told = f"  {verdict.rule}  {len(verdict.violations)} found  {verdict.sentence}"
            yield Line(cut(told), Tone.BAD)
        for one in verdict.violations if findings else ():
            yield from finding(one)
    yield from _undecided(verdicts)


def close(place: str, verdicts: Sequence[Verdict], *, missing: int) -> list[Line]:
    """Return the verdict on the files; `missing` items ended without an answer."""
    found = [one for verdict in verdicts for one in verdict.violations]
    tone = Tone.BAD
    if found:
        files = {one.place.path for one in found if one.place}
        told = f"{_many(len(found), 'finding')} in {_many(len(files), 'file')}"
    elif missing or not verdicts:
        told = f"no verdict: {missing or 'all'} items without an answer"
    else:
        told, tone = "nothing found", Tone.GOOD
    return [Line(one, tone) for one in wrapped(f"review of {place}: {told}", hanging="  ")]


def by_place(found: Iterable[Violation]) -> list[Violation]:
    """Sort findings by file and line."""
    return sorted(found, key=lambda one: (astuple(one.place) if one.place else (), one.kind))


def _undecided(verdicts: Sequence[Verdict]) -> list[Line]:
    items = ", ".join(one.rule for one in verdicts if one.status is Status.NOT_RUN)
    told = f"Not decided by the text: {items} (queuekit review --list)"
    return [Line(text) for text in wrapped(told, hanging="  ")] if items else []


def _counted(found: Sequence[Violation], files: int) -> Line:
    if not files:
        return Line("no Python files there: nothing was reviewed", Tone.CAREFUL)
    if not found:
        return Line(f"nothing found in {_many(files, 'file')}", Tone.GOOD)
    where = {one.place.path for one in found if one.place}
    return Line(
        f"{_many(len(found), 'finding')} in {len(where)} of {_many(files, 'file')}", Tone.BAD
    )


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
