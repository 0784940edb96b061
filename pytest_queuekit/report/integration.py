"""What the integration test of a team found, in words."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.report.database import explain
from pytest_queuekit.report.lines import Line, Tone, wrapped

_TOLD = {Status.PASS: " works", Status.FAIL: " does not work"}


def close(verdict: Verdict, *, problems: bool) -> Iterator[Line]:
    """Yield the verdict on one team's integration; `problems` says whether to tell why here."""
    whose = "" if verdict.rule == "any" else f" of worker {verdict.rule}"
    told = _TOLD.get(verdict.status, f": {verdict.status}: {verdict.reason}")
    tone = Tone.GOOD if verdict.status is Status.PASS else Tone.BAD
    text = f"{verdict.queue}: the integration{whose}{told}"
    yield from (Line(one, tone) for one in wrapped(text, hanging="  "))
    if problems and verdict.violations:
        yield from (Line(f"  {one}") for one in explain(verdict)[1:])
