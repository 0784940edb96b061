"""A run as JSON, for machines. `schema-1.json` beside this module describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytest_queuekit.errors import ReportError
from pytest_queuekit.model.run_result import Explanation, RunResult, RunSubject, SuiteResult
from pytest_queuekit.model.scoreboard import Criterion, Scoreboard, Standing
from pytest_queuekit.report import wire
from pytest_queuekit.report.closing import closings
from pytest_queuekit.report.fields import check_fields

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
        "hints": list(result.hints),
        "teams": result.teams,
        "seconds": round(result.seconds, 3),
        "subjects": [
            {
                "label": closing.subject.label,
                "title": closing.subject.title,
                "notes": list(closing.subject.notes),
                "contradiction": closing.subject.contradiction,
                "conclusion": closing.conclusion.value,
                "text": closing.text,
            }
            for closing in closings(result)
        ],
        "suites": [
            {
                "suite": suite.suite,
                "noun": suite.noun,
                "subject": suite.subject.label,
                "total": suite.total,
                "selected": len(suite.verdicts),
            }
            for suite in result.suites
        ],
        "verdicts": [wire.pack(verdict) for verdict in result.verdicts],
        "explanations": {rule: asdict(each) for rule, each in result.explanations.items()},
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


def read_run(path: Path) -> RunResult:
    """Return the run that a report in this format holds, without its histories.

    Raises ReportError for a file that cannot be read, that is no such report, or whose schema has
    another number.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path}: this is not JSON: {error}") from error
    if not isinstance(data, dict) or "schema" not in data:
        raise ReportError(f"{path}: this is no report of --queue-report json:PATH")
    if data["schema"] != VERSION:
        raise ReportError(
            f"{path}: the report has schema {data['schema']!r:.20}; this queuekit reads {VERSION}"
        )
    try:
        result = _from_data(data)
        check_fields(result)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error!s:.200}"
        raise ReportError(f"{path}: the report is incomplete or was changed: {problem}") from error
    return result


def _from_data(data: Mapping[str, Any]) -> RunResult:
    return RunResult(
        environment=dict(data["environment"]),
        warnings=tuple(data["warnings"]),
        suites=tuple(_suites(data)),
        unmet=tuple(data["unmet"]),
        scoreboard=data["gate"] and _scoreboard(data["gate"]),
        errors=tuple(data["internal_errors"]),
        hints=tuple(data["hints"]),
        teams=data["teams"],
        seconds=data["seconds"],
        explanations={rule: Explanation(**each) for rule, each in data["explanations"].items()},
    )


def _suites(data: Mapping[str, Any]) -> Iterator[SuiteResult]:
    subjects = {
        entry["label"]: RunSubject(
            label=entry["label"],
            title=entry["title"],
            notes=tuple(entry["notes"]),
            contradiction=entry["contradiction"],
        )
        for entry in data["subjects"]
    }
    verdicts = list(map(wire.unpack, data["verdicts"]))
    for entry in data["suites"]:
        name, label = entry["suite"], entry["subject"]
        yield SuiteResult(
            suite=name,
            noun=entry["noun"],
            subject=subjects[label],
            verdicts=tuple(each for each in verdicts if (each.suite, each.queue) == (name, label)),
            total=entry["total"],
        )


def _scoreboard(data: Mapping[str, Any]) -> Scoreboard:
    """Return the scoreboard; of its evidence, the report holds only what decides."""
    field = {Standing.MET: "held", Standing.NOT_MET: "against", Standing.UNKNOWN: "missing"}
    criteria = (
        Criterion(
            number=entry["number"],
            asks=entry["asks"],
            **{field[Standing(entry["standing"])]: tuple(entry["evidence"])},
        )
        for entry in data["criteria"]
    )
    return Scoreboard(criteria=tuple(criteria), teams=data["teams"])
