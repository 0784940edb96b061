"""Verdicts and operations in few words, for the tests of what is said about them."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Measurement, Requirement, Status, Verdict, Violation


def operation(verb: Verb, at: float, **fields: Any) -> Operation:
    """Return an operation that begins after so many seconds and takes a millisecond."""
    start = round(at * SECOND)
    given: dict[str, Any] = {
        "actor": "w1",
        "start": start,
        "end": start + SECOND // 1000,
        "outcome": Outcome.OK,
        **fields,
    }
    return Operation(verb=verb, **given)


def verdict(rule: str = "CLAIM-1", status: Status = Status.PASS, **fields: Any) -> Verdict:
    """Return a verdict on a rule."""
    given: dict[str, Any] = {
        "family": rule.rpartition("-")[0],
        "requirement": Requirement.MUST,
        "sentence": "A task goes to one worker.",
        "queue": "myqueue",
        "driver": "sequence",
        **fields,
    }
    return Verdict(rule=rule, status=status, **given)


def broken(rule: str = "CLAIM-1", *violations: Violation, **fields: Any) -> Verdict:
    """Return the verdict on a broken rule."""
    found = violations or (Violation(kind="double", detail="t1 went to w1 and to w2"),)
    return verdict(rule, Status.FAIL, violations=found, **fields)


def speed(*, met: bool = True, rule: str = "PERF-2") -> Verdict:
    """Return the verdict on a target of performance."""
    measured = Measurement(
        what="claim", value=1.0 if met else 9.0, target=5, unit="ms", depth=1000, rounds=100
    )
    if met:
        return verdict(rule, measurement=measured)
    return broken(rule, measurement=measured)
