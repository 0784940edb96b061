"""The items of the checklist that no text decides, decided by what a run has shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_queuekit.gate.evidence import Evidence
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.review.codes import by_evidence


def decided(found: Evidence) -> list[str]:
    """Return which items the run has decided, and which it leaves to a person, as sentences.

    An item that does not hold is not told here: it is another criterion's.
    """
    asked = [one.rule for one in found.review.by(Status.NOT_RUN) if one.rule in _SHOWN_BY]
    held = [one for one in asked if _SHOWN_BY[one](found)]
    left = [one for one in asked if one not in held]
    parts = []
    if held:
        parts.append(f"shown by this run: {', '.join(held)}")
    if left:
        parts.append(f"left to a person: {', '.join(left)} (queuekit review --list)")
    return parts


def unanswered(found: Evidence) -> list[Verdict]:
    """Return the items that the text would have decided, and somebody skipped."""
    return [one for one in found.review.by(Status.NOT_RUN) if one.rule not in _SHOWN_BY]


def _no_race(found: Evidence) -> bool:
    races = [one.status for one in found.rules.verdicts if one.family == "RACE"]
    return Status.PASS in races and Status.FAIL not in races


def _passed(found: Evidence) -> bool:
    return bool(found.tests.passed) and not found.tests.failed


_SHOWN_BY: Mapping[str, Callable[[Evidence], bool]] = {
    by_evidence.NO_RACE.id: _no_race,
    by_evidence.UNIT_TESTS.id: _passed,
    by_evidence.INTEGRATION_TESTS.id: lambda found: found.in_files > 0,
    by_evidence.EIGHT_CHECKS.id: lambda found: bool(found.checks.by(Status.PASS)),
    by_evidence.MEASURED.id: lambda found: bool(found.measuring.passed),
}
