"""Every report format is made from a run alone."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from pytest_queuekit.model.history import Outcome, Verb
from pytest_queuekit.model.scoreboard import Criterion, Scoreboard
from pytest_queuekit.model.verdict import Finding, Findings, Place, Status, Violation, Waiver
from pytest_queuekit.report.formats import FORMATS
from pytest_queuekit.report.formats.github import workflow_commands
from pytest_queuekit.report.formats.json import SCHEMA
from tests.report.build import LATER, absent, broken, checked, error, operation, run, speed, verdict

CLAIM = operation(Verb.CLAIM, 0.5, task="t1", result={"token": 3}, arguments={"lease": 60.0})
HUNG = operation(Verb.FAIL, 1, end=None, outcome=Outcome.UNKNOWN)
PROOF = Violation(kind="double", title="Twice", detail="t1 <twice> | 50%", witness=(CLAIM, HUNG))
PLACED = Finding(
    kind="QR101",
    title="Write outside",
    detail="x",
    place=Place(path="a.py", line=3, column=1, end_line=3, end_column=4),
)
EVERYTHING = run(
    verdict("A-1"),
    broken("A-2", PROOF),
    broken("A-3", detail=Findings(findings=(PLACED,))),
    absent("A-4"),
    verdict("A-5", Status.NOT_RUN, reason=LATER),
    verdict("A-6", Status.WAIVED, waiver=Waiver(reason="known", source="README")),
    error("A-7"),
    speed(),
    speed(met=False, rule="PERF-3", floor=0.1, fsync=1.0),
    checked("schema", "no table"),
    unmet=("myqueue: --queue-require lease was not exercised",),
    errors=("internal error in the scoreboard: KeyError: 'x'",),
    warnings=("old",),
    hints=("next",),
    scoreboard=Scoreboard(criteria=(Criterion(number=1, asks="all", against=("no",)),)),
    seconds=1.5,
)
NOTHING = run()


def test_json_has_every_answer() -> None:
    """And whether the run is good."""
    for result in (EVERYTHING, NOTHING):
        document = json.loads(FORMATS["json"](result))
        assert len(document["verdicts"]) == len(result.verdicts)
        assert document["good"] is result.good


def test_the_schema_refuses_what_it_does_not_know() -> None:
    """A further field needs a further version of the schema."""
    document = json.loads(FORMATS["json"](EVERYTHING))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    document["verdicts"][0]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_an_internal_error_is_in_every_report_and_fails_the_run() -> None:
    """A program that reads a report decides as the exit status does."""
    result = run(verdict("A-1"), errors=("internal error in the scoreboard: KeyError: 'x'",))
    assert not result.good
    assert json.loads(FORMATS["json"](result))["internal_errors"] == list(result.errors)
    assert "internal error in the scoreboard: KeyError: 'x'" in FORMATS["text"](result)
    assert "internal error in the scoreboard: KeyError: 'x'" in FORMATS["github"](result)


def test_junit_counts_what_it_lists() -> None:
    """Failures, errors and skipped cases are those of the verdicts."""
    root = ET.fromstring(FORMATS["junit"](EVERYTHING))  # noqa: S314 - written by this test
    rules = root[0]
    counts = {name: rules.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "2", "errors": "1", "skipped": "3"}
    assert len(rules.findall("testcase/failure")) == 2
    names = [case.get("name") for case in rules.findall("testcase")]
    assert names[0] == "A-1 one-worker-a-task [myqueue]"
    properties = {entry.get("name"): entry.get("value") for entry in rules.iter("property")}
    assert properties["queue_level"] == "quick"
    assert str(properties["queue_conclusion[myqueue]"]).startswith("FAILED: ")


def test_the_step_summary_has_conclusions_and_proofs() -> None:
    """Text of the queue is not treated as markup."""
    summary = FORMATS["github"](EVERYTHING)
    assert "| myqueue 1.0 | **FAILED** |" in summary
    assert "<details><summary>A-2 one-worker-a-task (myqueue)</summary>" in summary
    assert "## Queue gate" in summary


def test_annotations_point_at_lines_where_there_are_any() -> None:
    """A finding has its line; any other failure stands alone."""
    commands = list(workflow_commands(EVERYTHING))
    assert "::error file=a.py,line=3,endLine=3,col=1,title=A-3 one-worker-a-task::x" in commands
    assert any(command.startswith("::error title=A-2") for command in commands)
    assert not any("\n" in command for command in commands)


def test_text_has_every_proof() -> None:
    """A file has room for what a terminal only counts."""
    content = FORMATS["text"](EVERYTHING)
    assert "Twice" in content
    assert "requires --queue-level deep: A-5" in content
