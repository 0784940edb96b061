"""`queuekit compare` tells what changed between two reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit.cli import main
from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.report.formats.json import as_json
from tests.report.build import absent, broken, run, speed, verdict

Captured = pytest.CaptureFixture[str]
OLD = run(verdict("A-1"), broken("A-2"), absent("A-3"), verdict("A-4"), speed(value=1.0))
NEW = run(broken("A-1"), verdict("A-2"), verdict("A-3"), absent("A-4"), speed(value=4.0))


def _compare(folder: Path, old: RunResult, new: RunResult, *options: str) -> int:
    for name, result in (("old", old), ("new", new)):
        (folder / f"{name}.json").write_text(as_json(result), encoding="utf-8")
    return main(["compare", str(folder / "old.json"), str(folder / "new.json"), *options])


def test_each_change_has_its_heading(tmp_path: Path, capsys: Captured) -> None:
    """With what happened, or why a check is no longer tested."""
    assert _compare(tmp_path, OLD, NEW) == 1
    assert capsys.readouterr().out.splitlines() == [
        "myqueue",
        "  newly failing",
        "    A-1 one-worker-a-task: Task delivered twice",
        "  fixed",
        "    A-2 one-worker-a-task",
        "  no longer tested",
        "    A-4 one-worker-a-task: not applicable: not declared: lease",
        "  newly tested",
        "    A-3 one-worker-a-task",
        "  slower",
        "    PERF-2 fast-claim: claim 1 ms -> 4 ms, 4.0 times as slow",
        "",
        "1 newly failing, 1 fixed, 1 no longer tested, 1 newly tested, 1 slower",
    ]


def test_no_change_is_no_news(tmp_path: Path, capsys: Captured) -> None:
    """A run that fails as before returns 0."""
    assert _compare(tmp_path, run(verdict("A-1")), run(verdict("A-1"))) == 0
    assert capsys.readouterr().out == "No check changed its answer.\n"
    assert _compare(tmp_path, run(broken("A-1")), run(broken("A-1"))) == 0
    assert capsys.readouterr().out.endswith("\n1 still failing\n")


@pytest.mark.parametrize(("limit", "status"), [("3", 1), ("4", 0), ("1.2", 1)])
def test_a_slowdown_fails_if_a_limit_is_set(
    tmp_path: Path, capsys: Captured, limit: str, status: int
) -> None:
    """Four times as slow is more than three times, and not more than four."""
    old, new = run(speed(value=1.0)), run(speed(value=4.0))
    assert _compare(tmp_path, old, new) == 0
    assert _compare(tmp_path, old, new, "--max-slowdown", limit) == status
    assert capsys.readouterr().out.count("slower") == 4


def test_another_level_is_told(tmp_path: Path, capsys: Captured) -> None:
    """What differs between the environments may be why the answers do."""
    new = RunResult(environment={**OLD.environment, "level": "deep"}, suites=OLD.suites)
    assert _compare(tmp_path, OLD, new) == 0
    assert "Different: level quick -> deep\n" in capsys.readouterr().out


def test_markdown_is_a_table(tmp_path: Path, capsys: Captured) -> None:
    """Text of the queue is not treated as markup."""
    assert _compare(tmp_path, OLD, NEW, "--markdown") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("## Queue comparison\n\n1 newly failing, 1 fixed,")
    assert "| myqueue | fixed | A-2 one-worker-a-task |" in printed


@pytest.mark.parametrize("ratio", ["0.5", "fast", "inf", "nan"])
def test_a_limit_is_a_ratio(tmp_path: Path, capsys: Captured, ratio: str) -> None:
    """A wrong one is a usage error."""
    with pytest.raises(SystemExit) as ended:
        _compare(tmp_path, OLD, NEW, "--max-slowdown", ratio)
    assert ended.value.code == 2
    assert f"'{ratio}': expected a number of at least 1, such as 1.5" in capsys.readouterr().err


def test_a_file_that_is_no_report_is_a_usage_error(tmp_path: Path, capsys: Captured) -> None:
    """The message names it."""
    (tmp_path / "notes.json").write_text("[]", encoding="utf-8")
    path = str(tmp_path / "notes.json")
    assert main(["compare", path, path]) == 2
    assert "notes.json: this is no report of --queue-report json:PATH" in capsys.readouterr().err
