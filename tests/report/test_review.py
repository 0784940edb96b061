"""The findings of a review in four formats."""

from __future__ import annotations

import json

import pytest
from sarif_pydantic import Sarif

from pytest_queuekit.model.verdict import (
    Finding,
    Findings,
    Place,
    Reason,
    Requirement,
    Status,
    Verdict,
)
from pytest_queuekit.report.findings_json import as_json
from pytest_queuekit.report.github import as_annotations
from pytest_queuekit.report.review import explain, text
from pytest_queuekit.report.sarif import as_sarif
from pytest_queuekit.report.wire import pack, unpack


def _place(path: str = "src/a.py", line: int = 3, source: str = "    do(x)") -> Place:
    return Place(path=path, line=line, column=5, end_line=line, end_column=10, text=source)


def _verdict(*places: Place, code: str = "QR101") -> Verdict:
    findings = tuple(
        Finding(kind=code, title="Wrong", detail="this is wrong", place=place) for place in places
    )
    return Verdict(
        rule=code,
        family="Database Operations",
        requirement=Requirement.MUST,
        sentence="It is right.",
        queue="src",
        status=Status.FAIL if findings else Status.PASS,
        suite="review",
        detail=Findings(findings=findings),
    )


UNDECIDED = Verdict(
    rule="QR601",
    family="Testing",
    requirement=Requirement.MUST,
    sentence="The feature has tests of its own.",
    queue="src",
    status=Status.NOT_RUN,
    reason=Reason(kind="elsewhere", text="decided from test evidence: the tests"),
)


def test_a_finding_points_at_its_place() -> None:
    """The finding has file, line and column, and carets under the fault."""
    assert text([_verdict(_place()), UNDECIDED], 4).splitlines() == [
        "src/a.py:3:5: QR101 this is wrong",
        "    do(x)",
        "    ^^^^^",
        "Not decided from the code: QR601 (queuekit review --list)",
        "1 finding in 1 of 4 files",
    ]


def test_a_large_number_has_separators() -> None:
    """The count reads as in every other report."""
    places = [_place(f"src/{number}.py") for number in range(1200)]
    assert (
        text([_verdict(*places)], 3400).splitlines()[-1] == "1,200 findings in 1,200 of 3,400 files"
    )
    assert text([_verdict()], 3400).splitlines()[-1] == "no findings in 3,400 files"
    assert explain(_verdict(*places))[-1] == "… and 1,180 more of QR101"


def test_findings_are_in_the_order_of_the_files() -> None:
    """The order does not depend on the code."""
    verdicts = [
        _verdict(_place(line=7), _place("src/b.py")),
        _verdict(_place(line=2), code="QR102"),
    ]
    heads = [line for line in text(verdicts, 2).splitlines() if line.startswith("src")]
    assert [line.partition(" ")[0] for line in heads] == [
        "src/a.py:2:5:",
        "src/a.py:7:5:",
        "src/b.py:3:5:",
    ]


def test_a_long_line_is_cut_and_controls_are_not_sent_to_the_terminal() -> None:
    """Escape sequences never reach the terminal."""
    long = _place(source="    do('\x1b[31m" + "x" * 200)
    lines = text([_verdict(long)], 1).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    ("source", "shown", "mark"),
    [
        ("\tx =\t1;\tdo(x)", "x = 1; do(x)", "       ^^^^^"),
        ("x = '日本😀'; do(x)", "x = '日本😀'; do(x)", "              ^^^^^"),
        ("x = 'e\u0301'; do(x)", "x = 'e\u0301'; do(x)", "         ^^^^^"),
        ("x = '" + "y" * 90 + "'; do(x)", "...yyyy'; do(x)", "          ^^^^^"),
        ("x = '" + "日" * 40 + "'; do(x)", "...日日日日'; do(x)", " " * 14 + "^^^^^"),
        ("do(x)" + "日" * 40, "do(x)" + "日" * 34 + "...", "^^^^^"),
    ],
    ids=["tabs", "wide letters", "accents", "far right", "far right and wide", "cut"],
)
def test_the_caret_stands_below_the_fault(source: str, shown: str, mark: str) -> None:
    """Tabs, wide characters, accents and long lines do not move it."""
    column = source.index("do(x)") + 1
    place = Place(
        path="a.py", line=1, column=column, end_line=1, end_column=column + 5, text=source
    )
    assert text([_verdict(place)], 1).splitlines()[1:3] == [f"    {shown}", f"    {mark}"]


def test_a_path_stays_in_its_line() -> None:
    """A line break in a file name becomes a space."""
    assert text([_verdict(_place("a\nb.py"))], 1).startswith("a b.py:3:5: ")


def test_no_findings_are_not_the_same_as_no_files() -> None:
    """A review of no files says so."""
    assert text([_verdict()], 3) == "no findings in 3 files\n"
    assert text([_verdict()], 0) == "no Python files found: nothing was reviewed\n"


def test_many_findings_of_one_code_are_cut() -> None:
    """The failure of a test stays readable."""
    lines = explain(_verdict(*(_place(line=line) for line in range(30))), most=20)
    assert lines[-1] == "… and 10 more of QR101"


def test_json_has_codes_and_findings() -> None:
    """Each finding has its code, title, message and place."""
    data = json.loads(as_json([_verdict(_place()), UNDECIDED], 4))
    assert data["files"] == 4
    assert [item["verdict"] for item in data["items"]] == ["fail", "not run"]
    assert data["findings"] == [
        {
            "code": "QR101",
            "title": "Wrong",
            "message": "this is wrong",
            "path": "src/a.py",
            "line": 3,
            "column": 5,
            "end_line": 3,
            "end_column": 10,
        }
    ]


def test_sarif_is_valid() -> None:
    """An independent model of SARIF 2.1.0 accepts it, with the fields that code hosts read."""
    written = as_sarif(
        [_verdict(_place("a b/ü.py"), _place("/x/a.py"))], tool="queuekit review", version="1.2.3"
    )
    log = Sarif.model_validate_json(written)
    (run,) = log.runs
    assert log.version == "2.1.0"
    assert run.tool.driver.name == "queuekit review"
    results = json.loads(written)["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert [place["artifactLocation"] for place in places] == [
        {"uri": "a%20b/%C3%BC.py", "uriBaseId": "SRCROOT"},
        {"uri": "file:///x/a.py"},
    ]
    assert places[0]["region"]["startLine"] == 3
    (rule,) = json.loads(written)["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "Wrong"
    assert rule["fullDescription"]["text"] == "It is right."
    assert [(result["ruleId"], result["ruleIndex"]) for result in results] == [("QR101", 0)] * 2


@pytest.mark.parametrize(
    ("path", "written"), [("src/a.py", "src/a.py"), ("a,b:c%.py", "a%2Cb%3Ac%25.py")]
)
def test_annotations_are_escaped(path: str, written: str) -> None:
    """Properties and text have the escapes that GitHub requires."""
    place = _place(path)
    verdict = _verdict(place)
    assert as_annotations([verdict]) == (
        f"::error file={written},line=3,endLine=3,col=5,title=QR101 Wrong::this is wrong\n"
    )


def test_a_place_travels_between_processes() -> None:
    """Under pytest-xdist another process writes the summary."""
    verdict = _verdict(_place())
    assert unpack(json.loads(json.dumps(pack(verdict)))) == verdict
