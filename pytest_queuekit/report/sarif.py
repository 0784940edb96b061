"""What a review found, as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_queuekit.model.verdict import Place, Verdict, Violation

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def as_sarif(verdicts: Sequence[Verdict], *, version: str) -> str:
    """Return one run with a rule for each item of the checklist, and a result a finding."""
    rules = [_rule(one) for one in verdicts]
    places = {one.rule: number for number, one in enumerate(verdicts)}
    driver = {"name": "queuekit review", "semanticVersion": version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "where the review was run"}}},
        "results": [
            _result(one, places[one.kind]) for verdict in verdicts for one in verdict.violations
        ],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.rule,
        "shortDescription": {"text": verdict.sentence},
        "properties": {"group": verdict.family},
    }


def _result(one: Violation, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.kind,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": one.detail},
    }
    if one.place is not None:
        result["locations"] = [{"physicalLocation": _location(one.place)}]
    return result


def _location(place: Place) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    if place.text:
        region["snippet"] = {"text": place.text}
    return {"artifactLocation": _artifact(place.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(path), "uriBaseId": "SRCROOT"}
