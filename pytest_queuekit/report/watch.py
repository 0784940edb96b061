"""What the watch found, in words: each finding with its line, and the tests that it was in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.report.lines import Line, Tone, cut, printable
from pytest_queuekit.watch.finding import Finding


def explain(found: Sequence[Finding], *, most: int = 20) -> list[str]:
    """Return what is told where a test fails: each finding, and the line that it points at."""
    lines = [f"queue watch: {_many(len(found), 'finding')} in this test"]
    for one in found[:most]:
        lines += [line.text for line in _finding(one, one.count)]
    more = len(found) - most
    return lines + ([f"… and {more} more"] if more > 0 else [])


def report(found: Sequence[Finding]) -> Iterator[Line]:
    """Yield the section at the end of a run: what was found once, with its tests, and a count."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for one in found:
        where = (one.place.path, one.place.line) if one.place else ("", 0)
        alike.setdefault((where, one.kind), []).append(one)
    for _, group in sorted(alike.items(), key=lambda entry: entry[0]):
        yield from _finding(group[0], sum(one.count for one in group))
        yield Line(cut(f"    {_tests(group)}"))
    if found:
        tests = {one.test for one in found} - {""}
        among = f"in {_many(len(tests), 'test')}" if tests else "outside of tests"
        told = f"{_many(len(alike), 'finding')} {among}"
        yield Line(f"queue watch: {told}", Tone.BAD)
    else:
        yield Line("queue watch: nothing found", Tone.GOOD)


def _finding(one: Finding, count: int) -> Iterator[Line]:
    place = one.place
    where = f"{printable(place.path)}:{place.line}: " if place else ""
    often = f" ({count} times)" if count > 1 else ""
    yield Line(f"{where}{one.kind} {printable(one.sentence)}{often}", Tone.BAD)
    if place is not None and place.text.strip():
        yield Line(cut(f"    {printable(place.text).strip()}"))


def _tests(group: Sequence[Finding]) -> str:
    tests = list(dict.fromkeys(one.test for one in group))
    first = f"in {printable(tests[0])}" if tests[0] else "outside of tests"
    return first + (f" and {len(tests) - 1} more" if len(tests) > 1 else "")


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
