"""An internal error makes its criterion unknown and fails the run; the other reports remain."""

from __future__ import annotations

import json

import pytest

from tests.plugin.gate_project import FAST, board, run_gate
from tests.plugin.project import Project, flat, text

pytestmark = pytest.mark.slow

BREAKING = """
import pytest

def broken(*arguments, **options):
    raise KeyError("the kit is broken")

def pytest_configure():
    for target in {targets!r}:
        pytest.MonkeyPatch().setattr(target, broken)
"""


def _break(team: Project, *targets: str) -> None:
    """Let functions of the kit raise a KeyError in the next run."""
    team.pytester.makeconftest(BREAKING.format(targets=targets))


CHECKS = {
    "a rule": (1, "pytest_queuekit.suites.rules.judge", "-k=STATS"),
    "the eight checks": (1, "pytest_queuekit.gate.package.eight_checks", "-k=CHECKS"),
    "the integration test": (2, "pytest_queuekit.gate.package.integration", "-k=INTEGRATION"),
    "the load": (5, "pytest_queuekit.suites.load.judge", "-k=LOAD"),
    "a target": (6, "pytest_queuekit.suites.targets.judge_target", "-k=PERF"),
}


@pytest.mark.parametrize(("number", "target", "chosen"), CHECKS.values(), ids=list(CHECKS))
def test_an_error_in_a_check_is_evidence_for_nothing(
    team: Project, number: int, target: str, chosen: str
) -> None:
    """The criterion is unknown, with the error and its place, and the run fails."""
    _break(team, target)
    result = run_gate(team, chosen, "-p", "benchmark")
    standing, evidence = board(result)[number]
    assert standing == "unknown"
    assert evidence.count("ended in an error: KeyError in ") == 1
    assert ".py:" in evidence
    assert "'the kit is broken'" in evidence
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_an_error_in_the_review_is_shown_once(team: Project) -> None:
    """One item fails with the error, the others are not run, and the criterion is unknown."""
    _break(team, "pytest_queuekit.review.run._examined")
    result = run_gate(team, "-k", "QR")
    standing, evidence = board(result)[4]
    assert standing == "unknown"
    assert "QR001 ended in an error: KeyError in review/run.py:" in evidence
    assert result.parseoutcomes()["failed"] == 1
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_check_of_the_review_that_raises_is_not_a_fault_of_the_code(team: Project) -> None:
    """QR004 makes the criterion unknown, with the error and its place, and fails the run."""
    _break(team, "pytest_queuekit.review.examine.Module")
    result = run_gate(team, *FAST)
    standing, evidence = board(result)[4]
    assert standing == "unknown"
    assert "figures.py" in evidence
    assert "KeyError: 'the kit is broken', raised in conftest.py:" in evidence
    assert result.ret == pytest.ExitCode.TESTS_FAILED


READERS = {
    "coverage": (3, "pytest_queuekit.plugin.gate_evidence.covered"),
    "docstrings": (7, "pytest_queuekit.plugin.gate_evidence.public_names"),
    "git": (7, "pytest_queuekit.gate.changes.changed_since"),
    "the tally of tests": (3, "pytest_queuekit.plugin.team_tests.Tally.tests"),
    "the watch": (5, "pytest_queuekit.plugin.watching.Watching.so_far"),
    "judging": (2, "pytest_queuekit.gate.evidence.Answers.by"),
}


@pytest.mark.parametrize(("number", "target"), READERS.values(), ids=list(READERS))
def test_an_error_in_the_gate_makes_its_criterion_unknown(
    team: Project, number: int, target: str
) -> None:
    """The scoreboard names the error, its place and what to do; the other reports remain."""
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        assert team.pytester.run("git", *identity, *arguments).ret == 0
    _break(team, target)
    coverage = ("--cov=figures", "--cov-report=")
    report = "--queue-report=json:report.json"
    result = run_gate(team, *FAST, *coverage, "--queue-base=HEAD", report)
    standing, evidence = board(result)[number]
    assert standing == "unknown"
    assert "could not be judged" in evidence
    section = flat(result).rpartition("= queue gate =")[2]
    assert "KeyError in " in section
    assert "'the kit is broken'; please report it" in section
    assert len(board(result)) == 7
    assert json.loads((team.path / "report.json").read_text("utf-8"))["gate"]["complete"] is False
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in text(result)
    assert "Traceback" not in text(result)


@pytest.mark.parametrize(
    ("part", "target"),
    [
        ("the scoreboard", "pytest_queuekit.report.gate.report"),
        ("the step summary", "pytest_queuekit.report.gate.as_markdown"),
    ],
)
def test_an_error_in_what_shows_the_scoreboard_fails_the_run(
    team: Project, monkeypatch: pytest.MonkeyPatch, part: str, target: str
) -> None:
    """It is shown once with its place, and the other parts remain."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(team.path / "summary.md"))
    _break(team, target)
    result = run_gate(team, *FAST, "--queue-report=json:report.json")
    assert f"internal error in {part}: KeyError in plugin/gate.py:" in flat(result)
    assert flat(result).count("'the kit is broken'") == 1
    assert "reference 0.1.0 PASSED" in flat(result)
    assert "= queue gate =" in text(result)
    report = json.loads((team.path / "report.json").read_text("utf-8"))
    assert len(report["gate"]["criteria"]) == 7
    assert "'the kit is broken'" in report["internal_errors"][0]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "Traceback" not in text(result)


def test_an_error_that_several_criteria_share_is_shown_once(team: Project) -> None:
    """The first criterion shows it, and the others refer to that one."""
    _break(team, "pytest_queuekit.plugin.team_code.files_in")
    result = run_gate(team, *FAST, "--cov=figures", "--cov-report=")
    criteria = board(result)
    assert {criteria[number][0] for number in (3, 4, 7)} == {"unknown"}
    assert flat(result).count("'the kit is broken'") == 1
    assert "could not be judged: KeyError in plugin/team_code.py:" in criteria[3][1]
    assert "could not be judged, for the reason under 3" in criteria[7][1]


def test_an_error_outside_of_any_criterion_leaves_all_of_them_unknown(team: Project) -> None:
    """The scoreboard shows the error once, and the other reports remain."""
    _break(team, "pytest_queuekit.plugin.gate.gather")
    result = run_gate(team, *FAST)
    assert {standing for standing, _ in board(result).values()} == {"unknown"}
    assert flat(result).count("KeyError in plugin/gate.py:") == 1
    assert "reference 0.1.0 PASSED" in flat(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in text(result)
