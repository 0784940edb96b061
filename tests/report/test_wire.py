"""Verdicts travel between processes and arrive as they were."""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_queuekit.model.history import History, Outcome, Verb
from pytest_queuekit.model.verdict import Finding, Findings, Place, RuleRun, Violation
from pytest_queuekit.report import wire
from tests.report.build import absent, broken, checked, operation, speed, verdict


def test_a_verdict_arrives_as_it_was() -> None:
    """With its violations, measurement or findings, through JSON and back."""
    claim = operation(Verb.CLAIM, 0, task="t1", result={"token": 3}, arguments={"lease": 1.5})
    cut_off = operation(Verb.FAIL, 1, end=None, outcome=Outcome.UNKNOWN)
    place = Place(path="a.py", line=3, column=1, end_line=3, end_column=4)
    sent = [
        verdict(),
        absent("A-1", "x"),
        broken("A-2", Violation(kind="k", detail="s", witness=(claim, cut_off))),
        speed(met=False),
        checked("schema", "no table"),
        verdict(detail=Findings(findings=(Finding(kind="QR101", detail="d", place=place),))),
    ]
    assert [wire.unpack(json.loads(json.dumps(wire.pack(each)))) for each in sent] == sent


def test_the_history_stays_behind() -> None:
    """It may be large, and the proofs are there without it."""
    history = History.of([operation(Verb.CLAIM, 0)])
    packed = wire.pack(replace(verdict(), detail=RuleRun(driver="sequence", history=history)))
    assert wire.unpack(packed).detail == RuleRun(driver="sequence")


def test_what_a_queue_returned_may_be_of_any_type() -> None:
    """A token that JSON does not know arrives as its text."""
    odd = operation(Verb.CLAIM, 0, task="t1", result={"token": b"\xff"})
    packed = wire.pack(broken("A-1", Violation(kind="k", detail="s", witness=(odd,))))
    result = wire.unpack(json.loads(json.dumps(packed))).violations[0].witness[0].result
    assert result == {"token": "b'\\xff'"}
