"""The items of the checklist that the text of the code cannot decide, decided by the evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_queuekit.gate.evidence import Evidence, kind_of_reason
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.review.codes import by_evidence


def decided(evidence: Evidence) -> list[str]:
    """Return a sentence about the items that the run decided, and one about the others.

    An item that does not hold is left to a person here, because another criterion reports it.
    """
    items = [
        verdict.rule
        for verdict in evidence.review.by(Status.NOT_RUN)
        if kind_of_reason(verdict) == "elsewhere"
    ]
    held = [item for item in items if item in _DECIDED_BY and _DECIDED_BY[item](evidence)]
    left = [item for item in items if item not in held]
    sentences = []
    if held:
        sentences.append(f"shown by this run: {', '.join(held)}")
    if left:
        sentences.append(f"left to a person: {', '.join(left)} (queuekit review --list)")
    return sentences


def unanswered(evidence: Evidence) -> list[Verdict]:
    """Return the skipped items that the text of the code could decide."""
    return [
        verdict
        for verdict in evidence.review.by(Status.NOT_RUN)
        if kind_of_reason(verdict) != "elsewhere"
    ]


def _no_race(evidence: Evidence) -> bool:
    races = [verdict.status for verdict in evidence.rules.verdicts if verdict.family == "RACE"]
    return Status.PASS in races and not {Status.FAIL, Status.WAIVED, Status.ERROR} & set(races)


_DECIDED_BY: Mapping[str, Callable[[Evidence], bool]] = {
    by_evidence.NO_RACE.id: _no_race,
    by_evidence.UNIT_TESTS.id: lambda e: bool(e.tests.passed) and not e.tests.failed,
    by_evidence.INTEGRATION_TESTS.id: lambda e: e.in_files > 0,
    by_evidence.EIGHT_CHECKS.id: lambda e: bool(e.checks.by(Status.PASS)),
    by_evidence.MEASURED.id: lambda e: bool(e.measuring.passed),
}
"""For each item, the evidence that it holds."""
