"""The evidence of a run that meets all criteria, for tests that spoil one part of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_queuekit.gate.criteria import judge
from pytest_queuekit.gate.evidence import Answers, Covered, Documented, Evidence, Outcomes
from pytest_queuekit.model.scoreboard import Criterion, Standing
from pytest_queuekit.model.verdict import Measured, Measurement, Place, Reason, Status, Verdict
from pytest_queuekit.watch.finding import WatchFinding
from tests.report.build import LATER, speed, verdict


def answers(*verdicts: Verdict, expected: int | None = None) -> Answers:
    """Return verdicts; as many are expected unless a number is given."""
    return Answers(verdicts=verdicts, expected=len(verdicts) if expected is None else expected)


def load(status: Status = Status.PASS, **fields: Any) -> Verdict:
    """Return the verdict on a load of 400 tasks a minute."""
    pace = Measurement(
        what="6 workers at 400 tasks/min",
        value=398,
        target=200,
        unit="tasks/min",
        higher_is_better=True,
        depth=0,
        rounds=1234,
    )
    return verdict("LOAD-1", status, **{"detail": Measured(measurement=pace), **fields})


def watch_finding(kind: str, path: str = "src/api.py") -> WatchFinding:
    """Return a finding of the watch in a line of a file."""
    place = Place(path=path, line=7, column=1, end_line=7, end_column=2)
    return WatchFinding(
        kind=kind, title="it was so", detail="do better", place=place, test="test_api.py::test_one"
    )


ALL_WELL = Evidence(
    checks=answers(verdict("CHECKS", family="CHECKS")),
    rules=answers(verdict("RACE-1"), verdict("RACE-2", Status.NOT_RUN, reason=LATER)),
    integration=answers(verdict("03", family="INTEGRATION")),
    load=answers(load()),
    review=answers(
        verdict("QR101"),
        verdict("QR503", Status.NOT_RUN, reason=Reason(kind="elsewhere", text="by evidence")),
    ),
    targets=answers(speed(value=0.5)),
    tests=Outcomes(passed=("test_api.py::test_one", "test_api.py::test_two"), skipped=("test_c",)),
    measuring=Outcomes(passed=("test_api.py::test_speed",)),
    in_files=1,
    covered=Covered(percent=91.26, files=2),
    files=frozenset({"src/api.py"}),
    approved_by="Ada",
    watch_findings=(),
    documented=Documented(names=4),
)


def criterion(number: int, **spoilt: Any) -> Criterion:
    """Return a criterion of a run in which only these parts of the evidence are spoilt."""
    return judge(replace(ALL_WELL, **spoilt)).criteria[number - 1]


def others(number: int, **spoilt: Any) -> set[Standing]:
    """Return the standings of the other criteria."""
    board = judge(replace(ALL_WELL, **spoilt))
    return {criterion.standing for criterion in board.criteria if criterion.number != number}
