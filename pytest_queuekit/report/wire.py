"""Verdicts as plain data, so that they travel from one process to another, and into JSON.

The history of a verdict stays behind: it may be large, and the proofs are in the violations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pytest_queuekit.model.history import read_operation, write_operation
from pytest_queuekit.model.verdict import (
    Findings,
    Measured,
    Measurement,
    Place,
    Reason,
    Requirement,
    RuleRun,
    Status,
    Verdict,
    Violation,
    Waiver,
)

_RUN_WORDS = ("driver", "token", "declared", "code", "replay")


def pack(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as dicts, lists, strings and numbers."""
    return {
        "suite": verdict.suite,
        "rule": verdict.rule,
        "slug": verdict.slug,
        "family": verdict.family,
        "requirement": verdict.requirement.value,
        "sentence": verdict.sentence,
        "queue": verdict.queue,
        "status": verdict.status.value,
        "reason": asdict(verdict.reason) if verdict.reason else None,
        "waiver": asdict(verdict.waiver) if verdict.waiver else None,
        "seconds": verdict.seconds,
        "detail": _detail(verdict),
    }


def unpack(data: Mapping[str, Any]) -> Verdict:
    """Return the verdict that `pack` was given, without its history."""
    reason, waiver = data["reason"], data["waiver"]
    fields = {
        **data,
        "requirement": Requirement(data["requirement"]),
        "status": Status(data["status"]),
        "reason": reason and Reason(**{**reason, "capabilities": tuple(reason["capabilities"])}),
        "waiver": waiver and Waiver(**waiver),
        "detail": _read_detail(data["detail"]),
    }
    return Verdict(**fields)


def _detail(verdict: Verdict) -> dict[str, Any]:
    violations = [
        {
            "kind": violation.kind,
            "title": violation.title,
            "detail": violation.detail,
            "witness": [write_operation(operation) for operation in violation.witness],
            "place": asdict(violation.place) if violation.place else None,
        }
        for violation in verdict.violations
    ]
    match verdict.detail:
        case RuleRun() as run:
            words = {name: getattr(run, name) for name in _RUN_WORDS}
            return {"type": "run", **words, "violations": violations}
        case Measured(measurement=measurement):
            return {"type": "measured", "measurement": measurement and asdict(measurement)}
        case Findings():
            return {"type": "findings", "findings": violations}


def _read_detail(data: Mapping[str, Any]) -> RuleRun | Measured | Findings:
    match data["type"]:
        case "run":
            violations = tuple(map(_violation, data["violations"]))
            words = {name: data[name] for name in _RUN_WORDS}
            return RuleRun(**words, violations=violations)
        case "measured":
            measured = data["measurement"]
            return Measured(measurement=measured and Measurement(**measured))
        case _:
            return Findings(findings=tuple(map(_violation, data["findings"])))


def _violation(data: Mapping[str, Any]) -> Violation:
    place = data["place"]
    fields = {
        **data,
        "witness": tuple(map(read_operation, data["witness"])),
        "place": place and Place(**place),
    }
    return Violation(**fields)
