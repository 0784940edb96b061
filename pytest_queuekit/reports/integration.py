"""What the integration test of a team found, in words."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.reports.database import explain
from pytest_queuekit.reports.lines import Line, Tone, cut
from pytest_queuekit.verdict import Status, Verdict


def close(verdict: Verdict, *, problems: bool) -> Iterator[Line]:
    """Yield the verdict on one team's integration; `problems` says whether to tell why here."""
    good = verdict.status is Status.PASS
    told = {
        Status.PASS: "works",
        Status.FAIL: "does not work",
    }.get(verdict.status, f"{verdict.status} ({verdict.reason})")
    whose = "" if verdict.rule == "any" else f" of worker {verdict.rule}"
    yield Line(
        cut(f"{verdict.queue}: the integration{whose} {told}"), Tone.GOOD if good else Tone.BAD
    )
    if problems and verdict.violations:
        yield from (Line(f"  {text}") for text in explain(verdict)[1:])
