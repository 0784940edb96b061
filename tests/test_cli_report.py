"""`queuekit report` makes a table or a badge of JSON reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit.cli import main
from pytest_queuekit.report.formats.json import as_json
from tests.report.build import broken, run, verdict

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def report(tmp_path: Path) -> str:
    """The path of a report."""
    path = tmp_path / "run.json"
    path.write_text(as_json(run(verdict("A-1"), broken("A-2"))), encoding="utf-8")
    return str(path)


def test_a_table_is_markdown(report: str, capsys: Captured) -> None:
    """By family, or by rule."""
    assert main(["report", report]) == 0
    assert capsys.readouterr().out == (
        "|  | myqueue 1.0 |\n| --- | --- |\n| conclusion | FAILED |\n| level | quick |\n"
        "| A | 1 of 2: A-2 |\n"
    )
    assert main(["report", report, "--rules"]) == 0
    assert "| A-2 | fail |\n" in capsys.readouterr().out


def test_a_badge_goes_to_a_file(report: str, tmp_path: Path, capsys: Captured) -> None:
    """The terminal stays silent."""
    path = tmp_path / "badge.svg"
    assert main(["report", report, "--format", "badge", "--output", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert "1 of 2 rules, quick" in path.read_text(encoding="utf-8")
    assert main(["report", report, "--format", "badge-json"]) == 0
    assert '"color": "red"' in capsys.readouterr().out


def test_a_badge_is_about_one_queue(report: str, capsys: Captured) -> None:
    """Two runs have no common claim."""
    other = Path(report).with_name("other.json")
    other.write_bytes(Path(report).read_bytes())
    assert main(["report", report, str(other), "--format", "badge"]) == 2
    assert "--format badge takes one run of one queue, not myqueue" in capsys.readouterr().err


def test_a_path_that_cannot_be_written_is_a_usage_error(report: str, capsys: Captured) -> None:
    """The message names the option and the path."""
    assert main(["report", report, "--output", "/nowhere/table.md"]) == 2
    expected = "--output /nowhere/table.md: cannot be written: No such file or directory"
    assert expected in capsys.readouterr().err
