"""What the checks of a database found, in words."""

from __future__ import annotations

from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.report import database
from pytest_queuekit.report.lines import Tone
from tests.report.build import broken, verdict

GOOD = verdict("data-models", sentence="Data Models", queue="/q.db")


def _bad(problems: int) -> list[Violation]:
    return [Violation(kind="x", detail=f"table t{n} is missing") for n in range(problems)]


def test_a_check_tells_all_that_it_found() -> None:
    """Every problem in a line, as long as there is room."""
    found = broken("schema", *_bad(2), sentence="Schema Integrity", queue="/q.db")
    assert database.explain(found) == [
        "Schema Integrity: /q.db",
        "  table t0 is missing",
        "  table t1 is missing",
    ]
    many = database.explain(broken("schema", *_bad(40)))
    assert len(many) == 12
    assert many[-1] == "  … and 30 more"


def test_the_table_has_a_line_a_check() -> None:
    """Problems are repeated only where nobody else tells them."""
    found = broken("schema", *_bad(2), sentence="Schema Integrity")
    lines = [line.text for line in database.report("/q.db", [GOOD, found], problems=False)]
    assert lines == [
        "/q.db",
        "  Data Models             passed",
        "  Schema Integrity        2 found",
    ]
    assert len(list(database.report("/q.db", [GOOD, found], problems=True))) == 5


def test_the_verdict_on_a_database() -> None:
    """Sound only if every check passed."""
    found = broken("schema")
    closings = {
        "/q.db: sound: 1 of 1 checks passed": ([GOOD], 0),
        "/q.db: not sound: 1 of 2 checks failed": ([GOOD, found], 0),
        "/q.db: no verdict: 3 checks without an answer": ([GOOD], 3),
        "/q.db: no verdict: all checks without an answer": ([], 0),
    }
    for text, (verdicts, missing) in closings.items():
        (line,) = database.close("/q.db", verdicts, missing=missing)
        assert line.text == text
        assert (line.tone is Tone.GOOD) is (": sound" in text)
