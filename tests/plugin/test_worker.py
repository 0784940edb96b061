"""--queue-worker: the checks that concern a team, and its integration test."""

from __future__ import annotations

import pytest

from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.review.catalogue import ABOUT_FILES, CODES
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.teams import TEAMS, Team
from tests.plugin.project import Project, flat, text

BROKEN = (
    "def quick_validate(): return True\ndef validate_worker_integration(db, worker): return 0\n"
)


def _collected(project: Project, *arguments: str) -> set[str]:
    result = project.run("--queue-validate", "--collect-only", "-q", *arguments)
    assert result.ret == pytest.ExitCode.OK
    return {line for line in result.outlines if line.startswith("queue-")}


def _expected(*teams: Team) -> set[str]:
    """Return the node ids of a run for some teams, with a review."""
    concerned = {node_id for team in teams for node_id in _of(team)}
    integrations = {f"queue-worker::{team.number}[reference]" for team in teams}
    return concerned | integrations | {f"queue-review::{code}" for code in ABOUT_FILES}


def _of(team: Team) -> set[str]:
    rules = {rule.id for rule in CATALOGUE if rule.family in team.families} | set(team.targets)
    codes = {code.id for code in CODES} - set(team.spared)
    return {f"queue-validate::{rule}[reference]" for rule in rules} | {
        f"queue-review::{code}" for code in codes
    }


@pytest.mark.parametrize("team", TEAMS, ids=lambda team: team.builds)
def test_a_run_for_a_team_has_its_checks_alone(project: Project, team: Team) -> None:
    """The run has the team's rules, targets, review items and integration test."""
    node_ids = _collected(project, "--queue-worker", team.number, "--queue-review", "shop.py")
    assert node_ids == _expected(team)


def test_a_run_for_several_teams_has_the_checks_of_each(project: Project) -> None:
    """The option and the ini key take numbers and names, and each check appears once."""
    expected = _expected(TEAMS[0], TEAMS[3])
    named = ("--queue-worker", "observability", "--queue-worker", "2", "--queue-worker", "02")
    assert _collected(project, *named, "--queue-review", "shop.py") == expected
    project.pytester.makeini("[pytest]\nqueue_worker =\n  02\n  5\nqueue_review = shop.py\n")
    assert _collected(project) == expected


def test_without_a_team_nothing_is_left_out(project: Project) -> None:
    """The run has all rules and targets, and no integration test."""
    node_ids = _collected(project)
    assert len(node_ids) == len(CATALOGUE) + len(TARGETS)
    assert not [node_id for node_id in node_ids if node_id.startswith("queue-worker")]


def test_the_summary_names_the_team(project: Project) -> None:
    """The header and the closing line say that the run is limited to the team."""
    result = project.run(
        *("--queue-validate", "--queue-level=quick", "--queue-worker=05", "--queue-perf=off")
    )
    assert result.ret == pytest.ExitCode.OK
    output = flat(result)
    assert "queue validation: reference 0.1.0, for team 05 (observability)" in output
    assert "1 of 1 integration test passed; limited to team 05 (observability)" in output


def test_an_integration_that_does_not_work_fails(project: Project) -> None:
    """The node id and -k INTEGRATION select it."""
    home = project.pytester.mkpydir("queue_of_theirs")
    home.joinpath("__init__.py").write_text("from pytest_queuekit.queue import *\n", "utf-8")
    home.joinpath("validation.py").write_text(BROKEN, "utf-8")
    worker = ("--queue-impl=queue_of_theirs", "--queue-worker=06")
    result = project.run(*worker, "queue-worker::06")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)
    assert "validate_worker_integration() returned False" in flat(result)
    assert "queue_of_theirs FAILED: 1 of 1 integration test failed: 06" in flat(result)
    assert "Traceback" not in text(result)
    project.validate(*worker, "-k", "INTEGRATION").assert_outcomes(failed=1)


def test_an_integration_that_cannot_be_tried_is_skipped(project: Project) -> None:
    """A queue without the API of the reference queue has no integration test."""
    result = project.run("--queue-impl=shop:Good", "--queue-worker=03", "queue-worker::03")
    result.assert_outcomes(skipped=1)
    assert "good is not a package with the API of the reference queue" in flat(result)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--queue-validate", "--queue-worker=7"],
            "--queue-worker='7' is not one of 02 (client API)",
        ),
        (["--queue-validate", "--queue-worker=sheduling"], "did you mean 'scheduling'?"),
        (["--queue-worker=03"], "--queue-worker does nothing without --queue-validate"),
        (["queue-worker::03"], "queue-worker::… names a team's test: add --queue-worker N"),
        (
            ["--queue-validate", "--queue-worker=03", "queue-worker::04"],
            "not found: queue-worker::04",
        ),
        (
            ["--queue-validate", "--queue-worker=05", "queue-validate::CLAIM-1"],
            "not found: queue-validate::CLAIM-1",
        ),
    ],
)
def test_a_mistake_is_one_line(project: Project, arguments: list[str], said: str) -> None:
    """The line names the value and the known ones."""
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in flat(result)
    assert "Traceback" not in text(result)


def test_the_error_for_a_wrong_team_in_the_ini_file_names_the_key(project: Project) -> None:
    """The message begins with the ini key, not with the option."""
    project.pytester.makeini("[pytest]\nqueue_worker = 9\n")
    result = project.run("--queue-validate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "queue_worker='9' is not one of" in flat(result)
