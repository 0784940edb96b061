"""What a review found, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pytest_queuekit.model.verdict import Verdict


def as_json(verdicts: Sequence[Verdict], files: int) -> str:
    """Return the number of files, each item of the checklist, and each finding."""
    data = {
        "files": files,
        "items": [
            {
                "code": one.rule,
                "group": one.family,
                "sentence": one.sentence,
                "verdict": one.status.value,
                "reason": one.reason,
                "findings": len(one.violations),
            }
            for one in verdicts
        ],
        "findings": [_finding(one) for verdict in verdicts for one in verdict.violations],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _finding(one: Any) -> dict[str, Any]:
    place = asdict(one.place) if one.place else {}
    place.pop("text", None)
    return {"code": one.kind, "message": one.detail, **place}
