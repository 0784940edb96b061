"""Verdicts as plain data, so that they travel from one process to another, and into JSON.

The history of a verdict stays behind: it may be large, and the proofs are in the violations.
A violation and a finding have the same keys: a finding has no witness and breaks no declaration, a
violation has no place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pytest_queuekit.model.history import read_operation, write_operation
from pytest_queuekit.model.verdict import (
    Finding,
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

_RUN_WORDS = ("driver", "token", "cause", "declared", "code", "replay", "kept", "test")


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
        "same_as": verdict.same_as,
        "also": list(verdict.also),
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
        "also": tuple(data["also"]),
    }
    return Verdict(**fields)


def _detail(verdict: Verdict) -> dict[str, Any]:
    match verdict.detail:
        case RuleRun() as run:
            words = {name: getattr(run, name) for name in _RUN_WORDS}
            return {"type": "run", **words, "violations": list(map(_fault, run.violations))}
        case Measured(measurement=measurement):
            return {"type": "measured", "measurement": measurement and asdict(measurement)}
        case Findings(findings=findings):
            return {"type": "findings", "findings": list(map(_fault, findings))}


def _fault(fault: Violation | Finding) -> dict[str, Any]:
    witness = fault.witness if isinstance(fault, Violation) else ()
    declared = fault.declared if isinstance(fault, Violation) else ()
    place = fault.place if isinstance(fault, Finding) else None
    return {
        "kind": fault.kind,
        "title": fault.title,
        "detail": fault.detail,
        "witness": [write_operation(operation) for operation in witness],
        "declared": list(declared),
        "place": place and asdict(place),
    }


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
            return Findings(findings=tuple(map(_finding, data["findings"])))


def _violation(data: Mapping[str, Any]) -> Violation:
    witness = tuple(map(read_operation, data["witness"]))
    return Violation(**_words(data), witness=witness, declared=tuple(data["declared"]))


def _finding(data: Mapping[str, Any]) -> Finding:
    place = data["place"]
    return Finding(**_words(data), place=place and Place(**place))


def _words(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: data[name] for name in ("kind", "title", "detail")}
