"""The findings of a review as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pytest_queuekit.model.verdict import Finding, Verdict


def as_json(verdicts: Sequence[Verdict], files: int) -> str:
    """Return the number of files, each code of the catalogue, and each finding."""
    data = {
        "files": files,
        "items": [
            {
                "code": verdict.rule,
                "group": verdict.family,
                "sentence": verdict.sentence,
                "verdict": verdict.status.value,
                "reason": str(verdict.reason or ""),
                "findings": len(verdict.findings),
            }
            for verdict in verdicts
        ],
        "findings": [_finding(each) for verdict in verdicts for each in verdict.findings],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    place = asdict(finding.place) if finding.place else {}
    place.pop("text", None)
    names = {"code": finding.kind, "title": finding.title, "message": finding.detail}
    return {**names, **place}
