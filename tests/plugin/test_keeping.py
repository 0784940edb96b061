"""A run keeps its failures in the project, and nothing that happens there changes a verdict."""

from __future__ import annotations

import re

import pytest

from pytest_queuekit.model.verdict import RuleRun
from pytest_queuekit.report import kept
from tests.plugin.project import Project, flat, text

TWICE = ("--queue-impl=shop:Twice", "-k", "CLAIM-1[")


def test_a_failure_names_the_command_that_shows_it(
    project: Project, spread: tuple[str, ...]
) -> None:
    """Its whole history is kept: more calls than the proof has."""
    result = project.validate(*TWICE, *spread)
    (shown,) = re.findall(r"^Show       queuekit show (CLAIM-1-\w{6})$", text(result), re.MULTILINE)
    (failure,) = kept.kept_in(project.path / ".queuekit")
    assert failure.id == shown
    _, verdict = failure.read()
    assert isinstance(verdict.detail, RuleRun)
    assert verdict.detail.history is not None
    assert len(verdict.detail.history) > len(verdict.violations[0].witness) > 0


def test_a_run_without_a_failure_keeps_nothing(project: Project) -> None:
    """And loads nothing for it."""
    project.pytester.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded:', 'pytest_queuekit.report.kept' in sys.modules)\n"
    )
    result = project.alone("--queue-impl=shop:Good", "-k", "CLAIM-1[")
    assert result.ret == 0
    assert "loaded: False" in text(result)
    assert not (project.path / ".queuekit").exists()


def test_every_failure_is_kept_also_one_of_a_known_cause(project: Project) -> None:
    """The report shows a cause once; `queuekit show RULE` has each of them."""
    project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[ or CLAIM-7[")
    failures = kept.kept_in(project.path / ".queuekit")
    assert {failure.rule for failure in failures} == {"CLAIM-1", "CLAIM-7"}


@pytest.mark.parametrize(
    "number", [("--queue-keep=0",), ("-o", "queue_keep=0")], ids=["option", "ini"]
)
def test_keeping_can_be_turned_off(project: Project, number: tuple[str, ...]) -> None:
    """With zero failures to keep; the failure then names no command to show it."""
    result = project.validate(*TWICE, *number)
    assert result.ret == 1
    assert "queuekit show" not in text(result)
    assert not (project.path / ".queuekit").exists()


def test_a_number_of_failures_is_kept(project: Project) -> None:
    """The older ones go."""
    for _ in range(3):
        project.validate(*TWICE, "--queue-keep=2")
    assert len(kept.kept_in(project.path / ".queuekit")) == 2


def test_a_place_that_cannot_be_written_is_told_once(
    project: Project, spread: tuple[str, ...]
) -> None:
    """The failures stay failures with their proofs, even where warnings are errors."""
    (project.path / ".queuekit").write_text("not a folder", encoding="utf-8")
    result = project.validate(
        "--queue-impl=shop:Twice", "-k", "CLAIM-1[ or CLAIM-7[", "-W", "error", *spread
    )
    assert result.ret == 1
    result.assert_outcomes(failed=2)
    assert flat(result).count("Failures could not be kept in") == 1
    assert "Replay     pytest 'queue-validate::CLAIM-1[twice]'" in text(result)
    assert "queuekit show" not in text(result)


def test_an_unexpected_error_changes_no_verdict(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk raises OSError; any other error counts as much."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(kept, "keep", fail)
    result = project.validate(*TWICE)
    result.assert_outcomes(failed=1)
    assert flat(result).count("out of luck") == 1
