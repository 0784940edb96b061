"""The watch's findings as text: each with its line, the fix, and the tests in which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.report.lines import Line, Tone, counted, cut, printable, wrapped
from pytest_queuekit.watch.finding import WatchFinding
from pytest_queuekit.watch.internal_errors import InternalErrors


def explain(findings: Sequence[WatchFinding], *, most: int = 20) -> list[str]:
    """Return the lines shown where a test fails: each finding with its source line."""
    lines = [f"queue watch: {counted(len(findings), 'finding')} in this test"]
    for finding in findings[:most]:
        lines += [line.text for line in _finding(finding, finding.count)]
    more = len(findings) - most
    return lines + ([f"… and {more:,} more"] if more > 0 else [])


def failure(errors: InternalErrors) -> str:
    """Return the line about errors of the watch itself."""
    return f"queue watch: {printable(str(errors))}; please report it"


def report(findings: Sequence[WatchFinding], errors: InternalErrors) -> Iterator[Line]:
    """Yield the section at the end of a run: each finding once with its tests, and the totals."""
    alike: dict[tuple[object, ...], list[WatchFinding]] = {}
    for finding in findings:
        place = (finding.place.path, finding.place.line) if finding.place else ("", 0)
        alike.setdefault((place, finding.kind), []).append(finding)
    for _, group in sorted(alike.items(), key=lambda entry: entry[0]):
        yield from _finding(group[0], sum(finding.count for finding in group))
        yield Line(cut(f"    {_tests(group)}"))
    if findings:
        tests = {finding.test for finding in findings} - {""}
        among = f"in {counted(len(tests), 'test')}" if tests else "outside of tests"
        yield Line(f"queue watch: {counted(len(alike), 'finding')} {among}", Tone.BAD)
    elif not errors:
        yield Line("queue watch: nothing found", Tone.GOOD)
    if errors:
        yield Line(failure(errors), Tone.BAD)


def _finding(finding: WatchFinding, count: int) -> Iterator[Line]:
    place = finding.place
    where = f"{printable(place.path)}:{place.line}: " if place else ""
    times = f" ({count:,} times)" if count > 1 else ""
    yield Line(f"{where}{finding.kind} {finding.title}{times}", Tone.BAD)
    if place is not None and place.text.strip():
        yield Line(cut(f"    > {printable(place.text).strip()}"))
    for line in wrapped(finding.detail, indent="    "):
        yield Line(line)


def _tests(group: Sequence[WatchFinding]) -> str:
    tests = list(dict.fromkeys(finding.test for finding in group))
    first = f"in {printable(tests[0])}" if tests[0] else "outside of tests"
    return first + (f" and {len(tests) - 1:,} more" if len(tests) > 1 else "")
