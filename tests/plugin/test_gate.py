"""--queue-gate: the seven success criteria at the end of a run, and the tests they judge."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pytest_queuekit.queue import QueueDatabase
from tests.plugin.gate_project import FAST, GATE, board, run_gate
from tests.plugin.project import Project, flat, text

pytestmark = pytest.mark.slow


def test_a_complete_integration_passes(team: Project) -> None:
    """All seven criteria are met, the load included, and the exit status is 0."""
    result = run_gate(team, "--cov=figures", "--cov-report=", "-p", "benchmark")
    assert {number: standing for number, (standing, _) in board(result).items()} == dict.fromkeys(
        range(1, 8), "met"
    )
    assert "queue gate: complete: all 7 criteria are met" in text(result)
    assert result.ret == pytest.ExitCode.OK
    assert "6 workers at 400 tasks/min: none in" in board(result)[5][1]
    assert "100.0 % of 1 file is covered" in board(result)[3][1]


def test_a_criterion_that_is_not_met_fails_a_run_whose_tests_pass(team: Project) -> None:
    """The exit status is 1, and the last section shows why."""
    result = run_gate(team, *FAST)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes().get("failed", 0) == 0
    criteria = board(result)
    assert criteria[3] == (
        "unknown",
        "The unit tests pass, with more than 80 % coverage coverage is unknown: add "
        "--cov=PACKAGE or --queue-coverage FILE (--cov needs pytest-cov) 1 test passed",
    )
    assert criteria[5][0] == "unknown"
    assert "queue gate: not complete: 3 unknown, 4 met" in text(result)


def test_a_run_that_is_stopped_keeps_its_exit_status(team: Project) -> None:
    """The scoreboard shows what was known when the run stopped."""
    team.pytester.makepyfile(test_a="def test_stop(): raise KeyboardInterrupt\n")
    result = run_gate(team, *FAST)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "queue gate: not complete" in text(result)


def test_a_load_below_half_of_the_pace_is_inconclusive(team: Project) -> None:
    """A queue that is never busy, but too slow for the load, leaves the criterion unknown."""
    result = run_gate(team, "--queue-impl=tests.queues.held:Slow", "-k", "LOAD-2")
    standing, evidence = board(result)[5]
    assert standing == "unknown"
    assert re.search(
        r"LOAD-2: inconclusive: the workers reached \d{3} of 4,000 tasks/min", evidence
    )


def test_a_load_that_fails_is_explained_and_repeated(team: Project) -> None:
    """The commands below the proof work: one explains the load, the other runs it again."""
    busy = "--queue-impl=tests.queues.held:Held"
    lines = run_gate(team, busy, "-k", "LOAD-2").outlines
    assert "Explain    queuekit explain LOAD-2" in lines
    (replay,) = {line for line in lines if line.startswith("Replay ")}
    program, *arguments = shlex.split(replay)[1:]
    again = team.run(*arguments, "--collect-only", "-q")
    assert program == "pytest"
    assert [line for line in again.outlines if "::" in line] == ["queue-gate::LOAD-2[held]"]


def test_a_database_with_deselected_checks_leaves_the_validation_unknown(team: Project) -> None:
    """The checks of the file that --queue-db names belong to the first criterion."""
    database = team.path / "queue.db"
    with closing(QueueDatabase(database)) as db:
        db.initialize_schema()
    own = f"--queue-db={database}"
    assert board(run_gate(team, *FAST, own))[1][0] == "met"
    standing, evidence = board(run_gate(team, "-k", "not LOAD and not schema", own))[1]
    assert standing == "unknown"
    assert "the eight checks were not run to the end" in evidence


def test_only_the_tests_of_the_team_count(team: Project) -> None:
    """Another team's tests and expected failures do not count; errors do."""
    team.pytester.makepyfile(
        test_more="""
        import pytest

        def test_fails(): assert False

        @pytest.mark.queue_worker(3)
        def test_of_another_team(): assert False

        @pytest.mark.xfail
        def test_expected(): assert False

        @pytest.mark.skip
        def test_skipped(): pass

        @pytest.fixture
        def broken():
            yield
            raise RuntimeError

        def test_torn_down(broken): pass

        @pytest.fixture
        def given_up():
            yield
            pytest.skip("nothing to tidy")

        def test_fails_and_is_given_up(given_up): assert False

        @pytest.mark.queue_perf
        def test_slow(): assert False
        """,
        test_gone="import nothing_of_this_name",
        test_left="import pytest\npytest.skip('not here', allow_module_level=True)",
    )
    criteria = board(run_gate(team, *FAST, "--continue-on-collection-errors"))
    assert criteria[3][0] == "NOT MET"
    failed = re.findall(r"failed: (\S+)", criteria[3][1])
    assert failed == [
        "test_gone.py",
        "test_more.py::test_fails",
        "test_more.py::test_fails_and_is_given_up",
        "test_more.py::test_torn_down",
    ]
    assert "1 test passed, 2 skipped" in criteria[3][1]
    assert "failed: test_more.py::test_slow" in criteria[6][1]


def test_a_test_that_runs_again_counts_with_its_last_outcome(team: Project) -> None:
    """An earlier attempt, as pytest-rerunfailures reports it, does not count."""
    team.pytester.makepyfile(
        again="""
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if report.failed and item.name == "test_shaky" and not hasattr(item, "again"):
                item.again = True
                report.outcome = "rerun"
            return report

        def pytest_runtest_protocol(item, nextitem):
            from _pytest.runner import runtestprotocol
            if item.name != "test_shaky":
                return None
            for _ in range(2):
                runtestprotocol(item, nextitem=nextitem)
            return True
        """,
        test_more="tries = []\ndef test_shaky():\n    tries.append(1)\n    assert len(tries) > 1\n",
    )
    criteria = board(run_gate(team, *FAST, "-p", "again"))
    assert "failed" not in criteria[3][1]
    assert "2 tests passed" in criteria[3][1]


def test_a_skipped_subtest_does_not_count_as_a_skipped_test(team: Project) -> None:
    """The outcome of a skipped subtest, or one that another plugin invented, is ignored."""
    team.pytester.makepyfile(
        made_up="""
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if report.when == "call" and item.name == "test_retried":
                report.outcome = "retried"
            return report
        """,
        test_more="""
        import pytest

        def test_parts(subtests):
            with subtests.test("a"):
                pass
            with subtests.test("b"):
                pytest.skip("not here")

        def test_parts_fail(subtests):
            with subtests.test("a"):
                assert False

        def test_retried(): assert False
        """,
    )
    criteria = board(run_gate(team, *FAST, "-p", "made_up"))
    assert re.findall(r"failed: (\S+)", criteria[3][1]) == ["test_more.py::test_parts_fail"]
    assert "2 tests passed" in criteria[3][1]
    assert "skipped" not in criteria[3][1]


def test_pytest_xdist_changes_no_criterion_but_the_measured_one(team: Project) -> None:
    """Under -n 2 the targets are not measured, and all else is as without it."""
    team.pytester.makepyfile(test_more="def test_fails(): assert False\n")
    result = run_gate(team, *FAST, "-p", "xdist", "-n", "2", "--cov=figures", "--cov-report=")
    criteria = board(result)
    assert {number: standing for number, (standing, _) in criteria.items()} == {
        1: "met",
        2: "met",
        3: "NOT MET",
        4: "met",
        5: "unknown",
        6: "unknown",
        7: "met",
    }
    assert "failed: test_more.py::test_fails" in criteria[3][1]
    assert "100.0 % of 1 file is covered" in criteria[3][1]
    assert "none in the team's tests" in criteria[5][1]


def test_a_test_whose_process_dies_has_failed(team: Project) -> None:
    """The report that pytest-xdist makes for it counts as a failure of the team."""
    team.pytester.makepyfile(test_more="import os\ndef test_dies(): os._exit(3)\n")
    criteria = board(run_gate(team, *FAST, "-p", "xdist", "-n", "2"))
    assert criteria[3][0] == "NOT MET"
    assert "failed: test_more.py::test_dies" in criteria[3][1]


def test_deselected_tests_are_shown(team: Project) -> None:
    """The evidence has the number of deselected tests."""
    team.pytester.makepyfile(test_more="def test_fails(): assert False\n")
    criteria = board(run_gate(team, "-k", "not LOAD and not test_fails"))
    assert "1 test passed, 1 deselected" in criteria[3][1]


def test_a_criterion_with_deselected_checks_is_unknown(team: Project) -> None:
    """Each criterion that needs a deselected check is unknown."""
    left = " and ".join(f"not {name}" for name in ("LOAD", "CHECKS", "PERF", "QR101"))
    one_team = ("--queue-worker=06", "--deselect", "queue-worker::06[reference]")
    criteria = board(run_gate(team, "-k", left, *one_team))
    standings = {number: criteria[number][0] for number in (1, 2, 4, 5, 6)}
    assert standings == dict.fromkeys((1, 2, 4, 5, 6), "unknown")
    assert re.search(r"not reviewed: 1 of \d+ items", criteria[4][1])


def test_the_scoreboard_goes_to_github_and_junit(
    team: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step summary gets a table, and the JUnit suite a property for each criterion."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run_gate(team, *FAST, "--junitxml=junit.xml")
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["before", "## Queue gate: team 05 (observability)"]
    assert len([line for line in lines if re.match(r"\| \d \|", line)]) == 7
    tree = ET.parse(team.path / "junit.xml")  # noqa: S314 - written by this test
    suite = next(tree.getroot().iter("testsuite"))
    values = {
        str(element.get("name")): str(element.get("value"))
        for element in suite.findall("./properties/*")
    }
    assert values["queue_level"] == "quick"
    assert [name for name in values if name.startswith("queue_gate")] == [
        *(f"queue_gate_{number}" for number in range(1, 8)),
        "queue_gate",
    ]
    assert values["queue_gate"] == "not complete"
    assert values["queue_gate_2"] == "met: a worker of team 05 can do its whole work on the queue"


def test_a_step_summary_that_cannot_be_written_is_reported(
    team: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scoreboard still appears on the terminal."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(team.path))
    result = run_gate(team, *FAST)
    assert len(board(result)) == 7
    assert "could not be written: " in flat(result)
    assert "Traceback" not in text(result)


def test_the_validation_of_the_package_under_test_runs(team: Project) -> None:
    """A package with the API of the reference queue is judged by its own module."""
    home = team.pytester.mkpydir("queue_of_theirs")
    home.joinpath("__init__.py").write_text("from pytest_queuekit.queue import *\n", "utf-8")
    home.joinpath("validation.py").write_text(
        "def quick_validate(): return False\n"
        "def validate_worker_integration(db, worker): return True\n",
        "utf-8",
    )
    result = run_gate(team, *FAST, "--queue-impl=queue_of_theirs")
    criteria = board(result)
    assert criteria[1][0] == "NOT MET"
    assert "The eight checks pass: quick_validate() returned False" in criteria[1][1]
    assert criteria[2][0] == "met"


def test_collecting_judges_nothing(team: Project) -> None:
    """With --collect-only there is no scoreboard."""
    result = run_gate(team, "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    assert "queue gate" not in text(result)
    names = {line for line in result.outlines if line.startswith(("queue-gate", "queue-worker"))}
    assert names == {
        "queue-gate::CHECKS[reference]",
        "queue-gate::LOAD-1[reference]",
        "queue-gate::LOAD-2[reference]",
        "queue-worker::05[reference]",
    }


def test_a_gate_without_a_team_has_an_integration_test(team: Project) -> None:
    """The test is that of any worker."""
    result = team.run("--queue-validate", "--queue-gate", "--collect-only", "-q")
    names = [line for line in result.outlines if line.startswith("queue-worker")]
    assert names == ["queue-worker::any[reference]"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--queue-gate"], "--queue-gate does nothing without --queue-validate: add that"),
        (["queue-gate::CHECKS"], "queue-gate::… belongs to the gate: add --queue-gate"),
        (["--queue-approved-by=Ada"], "--queue-approved-by does nothing without --queue-gate"),
        (["--queue-validate", "--queue-base=HEAD"], "--queue-base does nothing without"),
        ([*GATE, "--queue-coverage="], "--queue-coverage='' is empty"),
        ([*GATE, "--queue-base= "], "--queue-base='' is empty"),
        ([*GATE, "--queue-coverage=nothing"], "nothing' does not exist"),
        ([*GATE, "--queue-coverage=."], "is a folder: give the data file in it"),
        ([*GATE, "--queue-base=--all"], "--queue-base='--all' cannot be compared with: "),
    ],
)
def test_a_mistake_is_one_line(team: Project, arguments: list[str], said: str) -> None:
    """The line names the option, what is wrong and what it needs."""
    result = team.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in flat(result)
    assert "Traceback" not in text(result)


def test_the_step_summary_has_the_scoreboard_once(
    team: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The github report contains it, so that the gate does not add it again."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run_gate(team, *FAST, "--queue-report=github")
    assert summary.read_text(encoding="utf-8").count("## Queue gate") == 1


def test_each_suite_lists_its_checks_once(team: Project) -> None:
    """The report and the gate judge the checks that were selected from, and no second list."""
    team.pytester.makeconftest(
        """
        from importlib import import_module
        from pytest_queuekit.plugin import options

        listed = []

        def note(suite):
            checks = suite.checks
            suite.checks = lambda self: listed.append(suite.name) or checks(self)

        for module, _ in options.SUITES:
            note(import_module(f"pytest_queuekit.suites.{module}").SUITE)

        def pytest_unconfigure():
            print("listed:", *sorted(listed))
        """
    )
    result = run_gate(team, "-k", "STATS-1")
    assert "listed: integration load review rules targets" in text(result)
