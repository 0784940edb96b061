"""--queue-gate: the seven success criteria at the end of a run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pytest_queuekit.queue import QueueDatabase
from tests.plugin.project import Project, flat, text

pytestmark = pytest.mark.slow

GATE = ("--queue-validate", "--queue-gate", "--queue-level=quick", "--queue-worker=05")
FAST = ("-k", "not LOAD")
"""Without the load, which takes seconds: the fifth criterion is then unknown."""

CODE = '''
def waiting(db):
    """Return how many tasks wait."""
    with db.connection() as conn:
        sql = "SELECT count(*) FROM task_queue WHERE status = 'queued'"
        return conn.execute(sql).fetchone()[0]
'''

TESTS = """
import pytest
from figures import waiting

@pytest.mark.queue_worker(n=5)
def test_what_waits_is_counted(queue_db, queue_fill):
    queue_fill(3)
    assert waiting(queue_db) == 3
"""


@pytest.fixture
def team(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a feature and its test, in which nothing of the outer run is left."""
    for name in [one for one in os.environ if one.startswith(("COVERAGE", "COV_CORE"))]:
        monkeypatch.delenv(name)
    project.pytester.makepyfile(figures=CODE, test_figures=TESTS)
    project.pytester.makeini("[pytest]\nqueue_review = figures.py\nqueue_approved_by = Ada\n")
    return project


def _gate(team: Project, *arguments: str) -> pytest.RunResult:
    """Run in a process of its own, in which modules of one name do not meet."""
    plugins = ("-p", "pytest_queuekit.plugin", "-p", "pytest_cov")
    return team.pytester.runpytest_subprocess(*plugins, *GATE, *arguments)


def _board(result: pytest.RunResult) -> dict[int, tuple[str, str]]:
    """Return how each criterion stands, and its evidence, as the terminal shows it."""
    section = text(result).rpartition("= queue gate =")[2].partition("\nqueue gate: ")[0]
    found = re.split(r"^  (\d)  (met|NOT MET|unknown) +", section, flags=re.MULTILINE)[1:]
    rows = zip(found[0::3], found[1::3], found[2::3], strict=True)
    return {int(number): (standing, " ".join(told.split())) for number, standing, told in rows}


def test_a_complete_integration_passes(team: Project) -> None:
    """All seven are met, and the exit status is 0; with the load, as a user has it."""
    result = _gate(team, "--cov=figures", "--cov-report=", "-p", "benchmark")
    assert {number: standing for number, (standing, _) in _board(result).items()} == dict.fromkeys(
        range(1, 8), "met"
    )
    assert "queue gate: complete: all 7 criteria are met" in text(result)
    assert result.ret == pytest.ExitCode.OK
    assert "6 workers at 400 tasks/min: none in" in _board(result)[5][1]
    assert "100.0 % of 1 file is covered" in _board(result)[3][1]


def test_what_is_not_met_fails_a_run_that_passes(team: Project) -> None:
    """Every test passes, and the exit status is 1; the last section says why."""
    result = _gate(team, *FAST)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes().get("failed", 0) == 0
    board = _board(result)
    assert board[3] == (
        "unknown",
        "The unit tests pass, with more than 80 % coverage coverage is not known: add "
        "--cov=PACKAGE, of pytest-cov, or --queue-coverage FILE 1 test passed",
    )
    assert board[5][0] == "unknown"
    assert "queue gate: not complete: of 7 criteria 3 unknown" in text(result)


def test_a_run_that_is_stopped_keeps_its_exit_status(team: Project) -> None:
    """Whoever stopped it wants to see that, and what was known until then."""
    team.pytester.makepyfile(test_a="def test_stop(): raise KeyboardInterrupt\n")
    result = _gate(team, *FAST)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "queue gate: not complete" in text(result)


def test_a_queue_that_cannot_keep_the_pace_says_nothing_of_it(team: Project) -> None:
    """It was never told that it is busy, but not at this load: the criterion is unknown."""
    result = _gate(team, "--queue-impl=tests.queues.held:Slow", "-k", "LOAD-2")
    standing, told = _board(result)[5]
    assert standing == "unknown"
    assert re.search(r"LOAD-2: inconclusive: the workers reached \d{3} of 4,000 tasks/min", told)


def test_a_database_that_is_not_checked_to_the_end_is_told(team: Project) -> None:
    """The checks of the team's own file belong to the eight."""
    database = team.path / "queue.db"
    with closing(QueueDatabase(database)) as db:
        db.initialize_schema()
    own = f"--queue-db={database}"
    assert _board(_gate(team, *FAST, own))[1][0] == "met"
    standing, told = _board(_gate(team, "-k", "not LOAD and not schema", own))[1]
    assert standing == "unknown"
    assert "the eight checks were not run to the end" in told


def test_the_tests_of_the_team_are_told_apart(team: Project) -> None:
    """Another team's do not count, nor does what is expected to fail; errors do."""
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
    board = _board(_gate(team, *FAST, "--continue-on-collection-errors"))
    assert board[3][0] == "NOT MET"
    told = re.findall(r"failed: (\S+)", board[3][1])
    assert told == [
        "test_gone.py",
        "test_more.py::test_fails",
        "test_more.py::test_fails_and_is_given_up",
        "test_more.py::test_torn_down",
    ]
    assert "1 test passed, 2 skipped" in board[3][1]
    assert "failed: test_more.py::test_slow" in board[6][1]


def test_a_test_that_is_run_again_counts_as_it_ended(team: Project) -> None:
    """As pytest-rerunfailures reports it: the attempt before does not count."""
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
    board = _board(_gate(team, *FAST, "-p", "again"))
    assert "failed" not in board[3][1]
    assert "2 tests passed" in board[3][1]


def test_what_part_of_a_test_was_skipped_says_nothing_of_it(team: Project) -> None:
    """A subtest that is skipped, and an outcome that another plugin made up."""
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
    board = _board(_gate(team, *FAST, "-p", "made_up"))
    assert re.findall(r"failed: (\S+)", board[3][1]) == ["test_more.py::test_parts_fail"]
    assert "2 tests passed" in board[3][1]
    assert "skipped" not in board[3][1]


def test_processes_tell_the_same(team: Project) -> None:
    """Under pytest-xdist, but for what cannot be measured there."""
    team.pytester.makepyfile(test_more="def test_fails(): assert False\n")
    result = _gate(team, *FAST, "-p", "xdist", "-n", "2", "--cov=figures", "--cov-report=")
    board = _board(result)
    assert {number: standing for number, (standing, _) in board.items()} == {
        1: "met",
        2: "met",
        3: "NOT MET",
        4: "met",
        5: "unknown",
        6: "unknown",
        7: "met",
    }
    assert "failed: test_more.py::test_fails" in board[3][1]
    assert "100.0 % of 1 file is covered" in board[3][1]
    assert "none in the team's tests" in board[5][1]


def test_a_test_whose_process_dies_has_failed(team: Project) -> None:
    """Nobody reports on it but pytest-xdist."""
    team.pytester.makepyfile(test_more="import os\ndef test_dies(): os._exit(3)\n")
    board = _board(_gate(team, *FAST, "-p", "xdist", "-n", "2"))
    assert board[3][0] == "NOT MET"
    assert "failed: test_more.py::test_dies" in board[3][1]


def test_tests_that_are_left_out_are_told(team: Project) -> None:
    """A run of some tests says so."""
    team.pytester.makepyfile(test_more="def test_fails(): assert False\n")
    board = _board(_gate(team, "-k", "not LOAD and not test_fails"))
    assert "1 test passed, 1 deselected" in board[3][1]


def test_what_is_left_out_of_the_kit_is_not_called_met(team: Project) -> None:
    """Each criterion that would have needed it is unknown."""
    left = " and ".join(f"not {one}" for one in ("LOAD", "CHECKS", "PERF", "QR101"))
    one_team = ("--queue-worker=06", "--deselect", "queue-worker::06[reference]")
    board = _board(_gate(team, "-k", left, *one_team))
    standings = {number: board[number][0] for number in (1, 2, 4, 5, 6)}
    assert standings == dict.fromkeys((1, 2, 4, 5, 6), "unknown")
    assert re.search(r"1 of \d+ items of the review were not run", board[4][1])


IN_MEMORY = """
import pytest
from figures import waiting

def test_nothing_waits():
    with pytest.raises(AttributeError):
        waiting(None)
"""


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (IN_MEMORY, "left to a person: QR602"),
        (f"{IN_MEMORY}\npytestmark = pytest.mark.queue_integration\n", "QR602, QR603 left"),
        (TESTS, "QR602, QR603 left"),
    ],
    ids=["none", "marked", "by fixture"],
)
def test_a_queue_in_a_file_shows_an_integration_test(team: Project, test: str, said: str) -> None:
    """What a test uses, or its marker, says whether it was one."""
    team.pytester.makepyfile(test_figures=test)
    assert said in _board(_gate(team, *FAST))[4][1]


def test_the_watch_decides_too(team: Project) -> None:
    """A lock that is met in a test, a write outside a transaction in the code; not in a test."""
    team.pytester.makepyfile(
        figures=CODE
        + '''

def forget(db):
    """Forget all."""
    with db.connection() as conn:
        run(conn, "task_queue")


def run(conn, table):
    """Run what the review cannot follow."""
    conn.execute(" ".join(("DELETE", "FROM", table)))
''',
        test_more="""
        import pytest
        from pytest_queuekit.queue import QueueBusyError
        from figures import forget

        def test_forgets(queue_db):
            forget(queue_db)
            with queue_db.connection() as conn:
                conn.execute("DELETE FROM task_logs")

        def test_meets_a_lock(queue_db_factory):
            one, two = queue_db_factory("a"), queue_db_factory("a", busy_seconds=0.01)
            with one.transaction(), pytest.raises(QueueBusyError):
                two.transaction().__enter__()
        """,
    )
    board = _board(_gate(team, *FAST))
    assert board[4][0] == "NOT MET"
    assert re.findall(r"(\S+:\d+): write-outside", board[4][1]) == ["figures.py:16"]
    assert board[5][0] == "NOT MET"
    assert re.findall(r"(\S+:\d+): QueueBusyError", board[5][1]) == ["test_more.py:13"]
    assert "queue_allow('busy')" in board[5][1]
    board = _board(_gate(team, *FAST, "--queue-watch=off"))
    assert (board[4][0], board[5][0]) == ("met", "unknown")
    assert "were not watched: leave out --queue-watch off" in board[5][1]


def test_code_behind_a_link_is_the_same_code(team: Project) -> None:
    """What is seen and measured in a file counts, by whichever name it was imported."""
    home = team.pytester.mkdir("real")
    (home / "clean.py").write_text(
        'def forget(db):\n    """Forget all."""\n'
        '    db.execute(" ".join(("DELETE", "FROM", "task_queue")))\n',
        encoding="utf-8",
    )
    (team.path / "link").symlink_to(home, target_is_directory=True)
    team.pytester.makepyfile(
        test_more="import sys\nsys.path.insert(0, 'link')\nfrom clean import forget\n"
        "def test(queue_db): forget(queue_db)\n"
    )
    measured = ("--cov=link", "--cov-report=")
    board = _board(_gate(team, *FAST, "--queue-review=real", *measured))
    assert "100.0 % of 1 file is covered" in board[3][1]
    assert re.findall(r"(\S+:\d+): write-outside", board[4][1]) == ["real/clean.py:3"]


def test_a_lock_that_another_team_meets_is_theirs(team: Project) -> None:
    """As their tests are."""
    team.pytester.makepyfile(
        test_more="""
        import pytest
        from pytest_queuekit.queue import QueueBusyError

        @pytest.mark.queue_worker(4)
        def test_meets_a_lock(queue_db_factory):
            one, two = queue_db_factory("a"), queue_db_factory("a", busy_seconds=0.01)
            with one.transaction(), pytest.raises(QueueBusyError):
                two.transaction().__enter__()
        """
    )
    assert "none in the team's tests" in _board(_gate(team, *FAST))[5][1]


def test_what_somebody_skips_of_the_kit_is_not_called_met(team: Project) -> None:
    """Nobody knows what it would have said."""
    team.pytester.makeconftest(
        """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                if item.name.startswith(("STATS", "QR102")):
                    item.add_marker(pytest.mark.skip(reason="not today"))
        """
    )
    board = _board(_gate(team, *FAST))
    assert board[1][0] == "unknown"
    assert "STATS-1: not today" in board[1][1]
    assert board[4][0] == "unknown"
    assert "QR102: not today" in board[4][1]


def test_a_watch_that_failed_decides_nothing(team: Project) -> None:
    """It may have missed a lock, so the criterion is unknown, with the internal error."""
    team.pytester.makeconftest(
        """
        import pytest

        def broken(*arguments, **options):
            return 1 / 0

        def pytest_configure():
            pytest.MonkeyPatch().setattr("pytest_queuekit.watch.statements.leases", broken)
        """
    )
    standing, evidence = _board(_gate(team, *FAST))[5]
    assert standing == "unknown"
    assert "ZeroDivisionError in watch/tracer.py:" in evidence
    assert "none in the team's tests" not in evidence


def test_a_test_that_leaves_its_folder_leads_nobody_astray(team: Project) -> None:
    """The code is where it was when the run began."""
    team.pytester.makepyfile(test_more="import os\ndef test(tmp_path): os.chdir(tmp_path)\n")
    board = _board(_gate(team, *FAST, "--queue-review=figures.py"))
    assert (board[4][0], board[7][0]) == ("met", "met")


def test_a_lock_that_a_wide_fixture_meets_is_seen(team: Project) -> None:
    """It ends among the kit's own items, which are not watched."""
    team.pytester.makeconftest(
        """
        import pytest
        from pytest_queuekit.queue import QueueBusyError, QueueDatabase

        @pytest.fixture(scope="session", autouse=True)
        def tidy(tmp_path_factory):
            yield
            path = tmp_path_factory.mktemp("a") / "queue.db"
            with QueueDatabase(path) as one, QueueDatabase(path, busy_seconds=0.01) as two:
                with one.transaction(), pytest.raises(QueueBusyError):
                    two.transaction().__enter__()
        """
    )
    standing, told = _board(_gate(team, *FAST))[5]
    assert standing == "NOT MET"
    assert re.findall(r"(\S+:\d+): QueueBusyError outside of tests", told) == ["conftest.py:10"]


def test_one_strict_test_is_no_watch(team: Project) -> None:
    """Where the watch is off, what it sees of marked tests says nothing of the others."""
    team.pytester.makepyfile(
        test_more="import pytest\n@pytest.mark.queue_strict\ndef test(queue_db): pass\n"
    )
    board = _board(_gate(team, *FAST, "--queue-watch=off"))
    assert "were not watched: leave out --queue-watch off" in board[5][1]
    assert "none in the team's tests" not in board[5][1]


def test_tests_are_not_the_code(team: Project) -> None:
    """Neither files that are named so, nor what stands in a folder of tests, but for its name."""
    home = team.pytester.mkdir("tests")
    for name in ("code.py", "test_code.py", "conftest.py", "tests/support.py", "test/a/b.py"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("def bare(): pass\n", encoding="utf-8")
    board = _board(_gate(team, *FAST, "--queue-review=tests"))
    assert re.findall(r"no docstring: (\S+)", board[7][1]) == ["tests/code.py:1"]
    assert "nothing found in 1 file" in board[4][1]


def test_what_is_named_itself_is_the_code(team: Project) -> None:
    """A folder of tests, named beside the one that it is in, and a script without a suffix."""
    home = team.pytester.mkdir("tests")
    for name in ("code.py", "tool"):
        (home / name).write_text("def bare(): pass\n", encoding="utf-8")
    board = _board(_gate(team, *FAST, "--queue-review=."))
    assert "no docstring" not in board[7][1]
    named = [f"--queue-review={one}" for one in (".", "tests", "tests/tool")]
    board = _board(_gate(team, *FAST, *named))
    assert re.findall(r"no docstring: (\S+)", board[7][1]) == ["tests/code.py:1", "tests/tool:1"]


def test_an_approval_that_is_empty_is_none(team: Project) -> None:
    """As a variable of CI is, as long as nobody has approved; it outweighs the ini file."""
    board = _board(_gate(team, *FAST, "--queue-approved-by="))
    assert board[4][0] == "unknown"
    assert "nobody is named who has approved it: add --queue-approved-by NAME" in board[4][1]


def test_a_file_of_coverage_is_read(team: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it was measured in another run; one that the ini file names is beside that."""
    measure = ("-m", "coverage", "run", "--data-file=measured", "--include=figures.py")
    inner = ("-m", "pytest", "-q", "-p", "pytest_queuekit.plugin", "test_figures.py")
    assert team.pytester.run(sys.executable, *measure, *inner).ret == 0
    board = _board(_gate(team, *FAST, "--queue-coverage=measured"))
    assert board[3][0] == "met"
    with (team.path / "tox.ini").open("a", encoding="utf-8") as ini:
        ini.write("\nqueue_coverage = measured\n")
    monkeypatch.chdir(team.pytester.mkdir("below"))
    assert _board(_gate(team, *FAST, ".."))[3][0] == "met"
    monkeypatch.chdir(team.path)
    team.pytester.makepyfile(figures=CODE + "\ndef f():\n    'F.'\n" + "    f()\n" * 20)
    board = _board(_gate(team, *FAST, "--queue-coverage=measured"))
    assert board[3][0] == "NOT MET"
    assert "of 1 file is covered, and more than 80 % is asked" in board[3][1]


def _git(team: Project, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", "-C", str(team.path), *identity, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def test_pages_must_change_with_the_code(team: Project) -> None:
    """Compared with a revision; a file that is gone has changed, and a test is no code."""
    team.pytester.makeini("[pytest]\nqueue_review = .\nqueue_approved_by = Ada\n")
    (team.path / "api.py").touch()
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        _git(team, *arguments)
    since = (*FAST, "--queue-base=HEAD")
    assert "since HEAD the code is as it was" in _board(_gate(team, *since))[7][1]
    before = (team.path / "figures.py").read_text(encoding="utf-8")
    (team.path / "figures.py").write_text(f"{before}# more\n", encoding="utf-8")
    board = _board(_gate(team, *since))
    assert board[7][0] == "NOT MET"
    assert "1 file of the code changed since HEAD, and no page of documentation" in board[7][1]
    (team.path / "figures.py").write_text(before, encoding="utf-8")
    (team.path / "test_more.py").write_text("# a test is no code\n", encoding="utf-8")
    assert "since HEAD the code is as it was" in _board(_gate(team, *since))[7][1]
    (team.path / "api.py").unlink()
    assert "1 file of the code changed since HEAD" in _board(_gate(team, *since))[7][1]
    built = team.path / "build" / "lib"
    built.mkdir(parents=True)
    (built / "figures.py").write_text("# what was made is no code\n", encoding="utf-8")
    package = team.path / "docs"
    package.mkdir()
    (package / "more.py").write_text("# code is no page\n", encoding="utf-8")
    board = _board(_gate(team, *since))
    assert "2 files of the code changed since HEAD, and no page" in board[7][1]
    (team.path / "README.md").write_text("new\n", encoding="utf-8")
    assert "since HEAD 1 page changed" in _board(_gate(team, *since))[7][1]


def test_code_of_another_repository_is_not_called_unchanged(team: Project, tmp_path: Path) -> None:
    """Git has not looked at it."""
    home = tmp_path / "project"
    home.mkdir()
    for arguments in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "first")):
        _git(team, "-C", str(home), *arguments)
    board = _board(_gate(team, *FAST, f"--rootdir={home}", "--queue-base=HEAD"))
    assert board[7][0] == "unknown"
    assert "figures.py is not in the repository" in board[7][1]


def test_the_scoreboard_goes_to_github_and_junit(
    team: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is added to the file; the suite has a property for each criterion."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    _gate(team, *FAST, "--junitxml=junit.xml")
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["before", "## Queue gate: worker 05 (observability)"]
    assert len([one for one in lines if re.match(r"\| \d \|", one)]) == 7
    tree = ET.parse(team.path / "junit.xml")  # noqa: S314 - written by this test
    suite = next(tree.getroot().iter("testsuite"))
    found = {one.get("name"): str(one.get("value")) for one in suite.findall("./properties/*")}
    assert found["queue_level"] == "quick"
    assert [name for name in found if str(name).startswith("queue_gate")] == [
        *(f"queue_gate_{number}" for number in range(1, 8)),
        "queue_gate",
    ]
    assert found["queue_gate"] == "not complete"
    assert found["queue_gate_2"] == "met: worker 05 can do its whole work on the queue"


def test_a_summary_that_cannot_be_written_is_told(
    team: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the scoreboard is there all the same."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(team.path))
    result = _gate(team, *FAST)
    assert len(_board(result)) == 7
    assert "could not be written: " in flat(result)
    assert "Traceback" not in text(result)


def test_the_checks_of_a_package_are_asked(team: Project) -> None:
    """Those of the one that is under test."""
    home = team.pytester.mkpydir("queue_of_theirs")
    home.joinpath("__init__.py").write_text("from pytest_queuekit.queue import *\n", "utf-8")
    home.joinpath("validation.py").write_text(
        "def quick_validate(): return False\n"
        "def validate_worker_integration(db, worker): return True\n",
        "utf-8",
    )
    result = _gate(team, *FAST, "--queue-impl=queue_of_theirs")
    board = _board(result)
    assert board[1][0] == "NOT MET"
    assert "The eight checks pass: quick_validate() returned False" in board[1][1]
    assert board[2][0] == "met"


def test_a_look_at_what_there_is_judges_nothing(team: Project) -> None:
    """With --collect-only there is no scoreboard."""
    result = _gate(team, "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    assert "queue gate" not in text(result)
    asked = {one for one in result.outlines if one.startswith(("queue-gate", "queue-worker"))}
    assert asked == {
        "queue-gate::CHECKS[reference]",
        "queue-gate::LOAD-1[reference]",
        "queue-gate::LOAD-2[reference]",
        "queue-worker::05[reference]",
    }


def test_a_gate_for_nobody_in_particular_has_an_integration_test(team: Project) -> None:
    """That of any worker."""
    result = team.run("--queue-validate", "--queue-gate", "--collect-only", "-q")
    asked = [one for one in result.outlines if one.startswith("queue-worker")]
    assert asked == ["queue-worker::any[reference]"]


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
    """With what it needs, or what is wrong with it."""
    result = team.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in flat(result)
    assert "Traceback" not in text(result)
