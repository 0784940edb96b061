"""Verdicts as plain data, so that they travel from one process to another.

The history of a verdict stays behind: it may be large, and the proofs are in the violations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from pytest_queuekit.model.history import read_operation, write_operation
from pytest_queuekit.model.verdict import (
    Measurement,
    Place,
    Requirement,
    Status,
    Verdict,
    Violation,
)


def pack(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as dicts, lists, strings and numbers."""
    bare = asdict(replace(verdict, history=None, violations=()))
    del bare["history"]
    bare["status"], bare["requirement"] = verdict.status.value, verdict.requirement.value
    bare["violations"] = [
        {
            "kind": one.kind,
            "title": one.title,
            "detail": one.detail,
            "witness": [write_operation(operation) for operation in one.witness],
            "place": asdict(one.place) if one.place else None,
        }
        for one in verdict.violations
    ]
    return bare


def unpack(data: Mapping[str, Any]) -> Verdict:
    """Return the verdict that `pack` was given, without its history."""
    measured = data["measurement"]
    fields = {
        **data,
        "status": Status(data["status"]),
        "requirement": Requirement(data["requirement"]),
        "violations": tuple(map(_violation, data["violations"])),
        "measurement": None if measured is None else Measurement(**measured),
    }
    return Verdict(**fields)


def _violation(data: Mapping[str, Any]) -> Violation:
    return Violation(
        kind=data["kind"],
        title=data["title"],
        detail=data["detail"],
        witness=tuple(map(read_operation, data["witness"])),
        place=None if data["place"] is None else Place(**data["place"]),
    )
