"""A run as JSON, for machines. `schema-1.json` beside this module describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.report import wire
from pytest_queuekit.report.closing import closings

SCHEMA = Path(__file__).with_name("schema-1.json")
"""The JSON Schema of the output. Its number changes with every incompatible change."""

VERSION = 1


def as_json(result: RunResult) -> str:
    """Return the run as one JSON document."""
    return json.dumps(as_data(result), indent=2, ensure_ascii=False) + "\n"


def as_data(result: RunResult) -> dict[str, Any]:
    """Return the run as dicts, lists, strings and numbers."""
    board = result.scoreboard
    return {
        "schema": VERSION,
        "good": result.good,
        "environment": dict(result.environment),
        "warnings": list(result.warnings),
        "seconds": round(result.seconds, 3),
        "subjects": [
            {
                "label": closing.subject.label,
                "title": closing.subject.title,
                "notes": list(closing.subject.notes),
                "conclusion": closing.conclusion.value,
                "text": closing.text,
            }
            for closing in closings(result)
        ],
        "suites": [
            {
                "suite": suite.suite,
                "subject": suite.subject.label,
                "total": suite.total,
                "selected": len(suite.verdicts),
            }
            for suite in result.suites
        ],
        "verdicts": [wire.pack(verdict) for verdict in result.verdicts],
        "unmet": list(result.unmet),
        "internal_errors": list(result.errors),
        "gate": None
        if board is None
        else {
            "complete": board.complete,
            "teams": board.teams,
            "criteria": [
                {
                    "number": criterion.number,
                    "asks": criterion.asks,
                    "standing": criterion.standing.value,
                    "evidence": list(criterion.evidence),
                }
                for criterion in board.criteria
            ],
        },
    }
