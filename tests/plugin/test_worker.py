"""--queue-worker: what concerns a team, and its integration test."""

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
    """Return what is asked in a run for some teams, with a review."""
    concerned = {one for team in teams for one in _of(team)}
    integrations = {f"queue-worker::{team.worker}[reference]" for team in teams}
    return concerned | integrations | {f"queue-review::{one}" for one in ABOUT_FILES}


def _of(team: Team) -> set[str]:
    rules = {one.id for one in CATALOGUE if one.family in team.families} | set(team.targets)
    codes = {one.id for one in CODES} - set(team.spared)
    return {f"queue-validate::{one}[reference]" for one in rules} | {
        f"queue-review::{one}" for one in codes
    }


@pytest.mark.parametrize("team", TEAMS, ids=lambda team: team.builds)
def test_a_team_is_asked_what_concerns_it(project: Project, team: Team) -> None:
    """Its rules, its targets, its items of the review and its integration test; nothing else."""
    asked = _collected(project, "--queue-worker", team.worker, "--queue-review", "shop.py")
    assert asked == _expected(team)


def test_several_teams_are_asked_what_concerns_one_of_them(project: Project) -> None:
    """Named in whatever way, each once; by the ini file as well."""
    expected = _expected(TEAMS[0], TEAMS[3])
    named = ("--queue-worker", "observability", "--queue-worker", "2", "--queue-worker", "02")
    assert _collected(project, *named, "--queue-review", "shop.py") == expected
    project.pytester.makeini("[pytest]\nqueue_worker =\n  02\n  5\nqueue_review = shop.py\n")
    assert _collected(project) == expected


def test_without_a_team_nothing_is_left_out(project: Project) -> None:
    """And there is no integration test, which is a team's."""
    asked = _collected(project)
    assert len(asked) == len(CATALOGUE) + len(TARGETS)
    assert not [one for one in asked if one.startswith("queue-worker")]


def test_the_summary_says_for_whom(project: Project) -> None:
    """In the header, in the verdict, and for the integration."""
    result = project.run(
        *("--queue-validate", "--queue-level=quick", "--queue-worker=05", "--queue-perf=off")
    )
    assert result.ret == pytest.ExitCode.OK
    told = flat(result)
    assert "queue validation: reference 0.1.0, for worker 05 (observability)" in told
    assert "1 of 1 integration test passed; limited to worker 05 (observability)" in told


def test_an_integration_that_does_not_work_fails(project: Project) -> None:
    """In a run of its own id, and found by -k."""
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
    """For a queue of another kind."""
    result = project.run("--queue-impl=shop:Good", "--queue-worker=03", "queue-worker::03")
    result.assert_outcomes(skipped=1)
    assert "good is no package with the API of the reference queue" in flat(result)


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
    """With what there is."""
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in flat(result)
    assert "Traceback" not in text(result)


def test_a_wrong_team_in_the_ini_file_is_told_by_its_key(project: Project) -> None:
    """That is where it has to be mended."""
    project.pytester.makeini("[pytest]\nqueue_worker = 9\n")
    result = project.run("--queue-validate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "queue_worker='9' is not one of" in flat(result)
