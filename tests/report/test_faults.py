"""What failed, beside the lines of the code, for the services that show it there."""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_queuekit.model.run_result import Explanation
from pytest_queuekit.model.verdict import (
    Finding,
    Findings,
    Place,
    Requirement,
    RuleRun,
    Violation,
)
from pytest_queuekit.report.faults import faults
from pytest_queuekit.report.formats import FORMATS
from pytest_queuekit.report.formats.github import workflow_commands
from tests.report.build import absent, broken, run, speed, verdict

PROOF = Violation(kind="double", title="Twice", detail="t1 went to w1 and w2")
CODE = RuleRun(
    driver="sequence", violations=(PROOF,), code="src/shop.py:31 in claim, src/shop.py:40 in fail"
)
PLACE = Place(path="a.py", line=3, column=1, end_line=3, end_column=4, text="x = 1")
FINDING = Finding(kind="QR101", title="Write outside", detail="Use a transaction.", place=PLACE)
RESULT = run(
    verdict("A-1"),
    broken("A-2", detail=CODE),
    broken("A-3", PROOF, same_as="A-2"),
    broken("A-4", detail=Findings(findings=(FINDING, FINDING))),
    broken("A-5", requirement=Requirement.SHOULD),
    speed(met=False),
    absent("A-6"),
)


def test_a_fault_stands_at_the_users_code() -> None:
    """At the first method that may have broken the rule, or where a finding is."""
    found = [
        (fault.verdict.rule, fault.place and (fault.place.path, fault.place.line))
        for fault in faults(RESULT.verdicts)
    ]
    assert found == [
        ("A-2", ("src/shop.py", 31)),
        ("A-3", None),
        ("A-4", ("a.py", 3)),
        ("A-4", ("a.py", 3)),
        ("A-5", None),
        ("PERF-2", None),
    ]


def test_github_shows_a_failure_at_its_line() -> None:
    """A failure whose place is unknown stands alone; a recommendation is left out."""
    commands = list(workflow_commands(RESULT))
    assert len(commands) == 5
    assert commands[0].startswith("::error file=src/shop.py,line=31,endLine=31,col=1,title=A-2 ")
    assert "[myqueue]::" in commands[0]
    assert commands[1].startswith("::error title=A-3 one-worker-a-task [myqueue]::Same cause as")


def test_gitlab_gets_code_quality() -> None:
    """Each entry has a fingerprint of its own, a path and a line."""
    entries = json.loads(FORMATS["gitlab"](RESULT))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 6
    assert entries[0]["location"] == {"path": "src/shop.py", "lines": {"begin": 31}}
    assert entries[1]["location"] == {"path": "myqueue", "lines": {"begin": 1}}
    severities = {entry["check_name"].partition(" ")[0]: entry["severity"] for entry in entries}
    assert (severities["A-2"], severities["A-5"]) == ("major", "minor")


def test_a_line_that_moves_keeps_its_fingerprint() -> None:
    """GitLab would take it for a new fault."""

    def fingerprints(line: int) -> list[str]:
        place = Place(path="a.py", line=line, column=1, end_line=line, end_column=4, text="x = 1")
        finding = Finding(kind="QR101", title="Write outside", detail="x", place=place)
        result = run(broken("A-4", detail=Findings(findings=(finding,))))
        return [entry["fingerprint"] for entry in json.loads(FORMATS["gitlab"](result))]

    assert fingerprints(3) == fingerprints(30)


def test_sarif_has_each_failure() -> None:
    """With its level, and with its place if it has one."""
    (log,) = json.loads(FORMATS["sarif"](RESULT))["runs"]
    assert log["tool"]["driver"]["name"] == "pytest-queuekit"
    results = log["results"]
    assert [(result["ruleId"], result["level"]) for result in results] == [
        ("A-2", "error"),
        ("A-3", "error"),
        ("A-4", "error"),
        ("A-4", "error"),
        ("A-5", "warning"),
        ("PERF-2", "error"),
    ]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "src/shop.py", "uriBaseId": "SRCROOT"}
    assert "locations" not in results[1]


def test_sarif_explains_each_rule() -> None:
    """Code hosts show the help beside a finding: the reason, the example, and the command."""
    why = Explanation(why="It is lost.", wrong="x = 1", right="x = 2")
    explained = json.loads(FORMATS["sarif"](replace(RESULT, explanations={"A-2": why})))
    first, second, *_ = explained["runs"][0]["tool"]["driver"]["rules"]
    assert first["help"]["text"] == "It is lost. queuekit explain A-2 says more."
    for part in ("It is lost.", "```python\nx = 1\n```", "x = 2", "`queuekit explain A-2`"):
        assert part in first["help"]["markdown"]
    assert "help" not in second
