"""What the checks of a database found, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.report.lines import Line, Tone, wrapped

_LINES = 12


def explain(verdict: Verdict) -> list[str]:
    """Return what one check found, in twelve lines at most."""
    lines = wrapped(f"{verdict.sentence}: {verdict.queue}", hanging="  ", lines=2)
    for number, violation in enumerate(verdict.violations):
        told = wrapped(violation.detail, indent="  ", hanging="  ", lines=3)
        if len(lines) + len(told) > _LINES - 1:
            return [*lines, f"  … and {len(verdict.violations) - number} more"]
        lines += told
    return lines


def report(place: str, verdicts: Sequence[Verdict], *, problems: bool) -> Iterator[Line]:
    """Yield a line a check; `problems` says whether to tell here what was found."""
    yield from (Line(text, Tone.HEAD) for text in wrapped(place))
    for verdict in verdicts:
        passed = verdict.status is Status.PASS
        name = verdict.sentence or verdict.rule
        yield Line(f"  {name:<24}{_found(verdict)}", Tone.GOOD if passed else Tone.BAD)
        if problems and verdict.violations:
            yield from (Line(f"  {text}") for text in explain(verdict)[1:])


def close(place: str, verdicts: Sequence[Verdict], *, missing: int) -> list[Line]:
    """Return the verdict on the database; `missing` checks ended without an answer."""
    failed = sum(one.status is Status.FAIL for one in verdicts)
    tone = Tone.BAD
    if failed:
        told = f"not sound: {failed} of {len(verdicts)} checks failed"
    elif missing or not verdicts:
        told = f"no verdict: {missing or 'all'} checks without an answer"
    else:
        told, tone = f"sound: {len(verdicts)} of {len(verdicts)} checks passed", Tone.GOOD
    return [Line(one, tone) for one in wrapped(f"{place}: {told}", hanging="  ")]


def _found(verdict: Verdict) -> str:
    if verdict.status is Status.FAIL:
        return f"{len(verdict.violations)} found"
    return "passed" if verdict.status is Status.PASS else f"{verdict.status}: {verdict.reason}"
