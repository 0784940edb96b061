"""An exception in what a run shows is an internal error: shown once, and never a success."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from tests.plugin.project import Project, flat, text
from tests.plugin.watch_cases import HEAD

GOOD = ("--queue-impl=shop:Good", "-k", "KEY-1[", "--junitxml=out.xml")


def broken(*_arguments: Any, **_options: Any) -> NoReturn:
    """Raise."""
    raise KeyError("the kit is broken")


def _assert_failed_once(result: pytest.RunResult, error: str) -> None:
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert error in flat(result)
    assert flat(result).count("'the kit is broken'") == 1
    assert "INTERNALERROR" not in text(result)
    assert "Traceback" not in text(result)


PARTS = {
    "the section of the validation": "report.formats.text._families",
    "the JUnit properties": "report.formats.junit.properties",
}


@pytest.mark.parametrize("part", PARTS)
def test_an_error_in_a_part_leaves_the_conclusion(
    project: Project, monkeypatch: pytest.MonkeyPatch, part: str, spread: tuple[str, ...]
) -> None:
    """The error stands below the conclusion, with its place, and decides the exit status."""
    monkeypatch.setattr(f"pytest_queuekit.{PARTS[part]}", broken)
    result = project.validate(*GOOD, *spread)
    _assert_failed_once(result, f"internal error in {part}: KeyError in ")
    assert "good PASSED: 1 of 1 applicable rule" in flat(result)
    assert "; please report it" in flat(result)


@pytest.mark.parametrize(
    "target", ["plugin.ending.run_result", "plugin.run_result.environment"], ids=["all", "part"]
)
def test_a_run_without_a_result_fails(
    project: Project, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """The section has the error and no conclusion."""
    monkeypatch.setattr(f"pytest_queuekit.{target}", broken)
    result = project.validate(*GOOD)
    _assert_failed_once(result, "internal error in the result of the run: KeyError in plugin/")
    assert "PASSED" not in text(result)


def test_an_error_in_the_conclusions_fails_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no conclusion can be drawn, the section has the error alone."""
    monkeypatch.setattr("pytest_queuekit.report.formats.text.closings", broken)
    result = project.validate(*GOOD)
    _assert_failed_once(result, "in the section of the validation: KeyError in report/formats/")
    assert "PASSED" not in text(result)


def test_an_error_in_the_headline_of_a_failure_hides_no_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule has failed, and the traceback of the error stands in place of its proof."""
    monkeypatch.setattr("pytest_queuekit.plugin.nodes.headline", broken)
    result = project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "twice FAILED: 1 of 1 applicable rule failed" in flat(result)
    assert "E KeyError: 'the kit is broken'" in flat(result)
    assert "INTERNALERROR" not in text(result)


@pytest.mark.parametrize("mode", ["report", "strict"])
def test_an_error_in_the_section_of_the_watch_fails_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Nobody could read what the watch found."""
    monkeypatch.setattr("pytest_queuekit.report.watch.report", broken)
    project.pytester.makepyfile(test_own=f"{HEAD}\ndef test_right(queue_db):\n    pass\n")
    result = project.run(f"--queue-watch={mode}")
    _assert_failed_once(result, "internal error in the section of the watch: KeyError in plugin/")
    result.assert_outcomes(passed=1)


def test_an_error_in_the_findings_of_a_failed_test_is_counted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test's own failure is shown, and the section has the error."""
    monkeypatch.setattr("pytest_queuekit.report.watch.explain", broken)
    source = f"{HEAD}\ndef test_wrong(queue_db):\n    queue_db.execute(ADD)\n    assert False\n"
    project.pytester.makepyfile(test_own=source)
    result = project.run("--queue-watch=report")
    _assert_failed_once(result, "queue watch: 1 internal error, first: KeyError in plugin/")
    result.assert_outcomes(failed=1)
