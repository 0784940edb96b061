"""--queue-gate: how it judges the code, by the review, the watch, coverage and git."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.gate_project import CODE, FAST, TESTS, board, run_gate
from tests.plugin.project import Project

pytestmark = pytest.mark.slow

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
    """A fixture or a marker makes a test an integration test."""
    team.pytester.makepyfile(test_figures=test)
    assert said in board(run_gate(team, *FAST))[4][1]


def test_the_watch_decides_two_criteria(team: Project) -> None:
    """A lock in a test fails the fifth, a write outside a transaction in the code the fourth."""
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
            holder, other = queue_db_factory("a"), queue_db_factory("a", busy_seconds=0.01)
            with holder.transaction(), pytest.raises(QueueBusyError):
                other.transaction().__enter__()
        """,
    )
    criteria = board(run_gate(team, *FAST))
    assert criteria[4][0] == "NOT MET"
    assert re.findall(r"(\S+:\d+): write-outside", criteria[4][1]) == ["figures.py:16"]
    assert criteria[5][0] == "NOT MET"
    assert re.findall(r"(\S+:\d+): QueueBusyError", criteria[5][1]) == ["test_more.py:13"]
    assert "queue_allow('busy')" in criteria[5][1]
    criteria = board(run_gate(team, *FAST, "--queue-watch=off"))
    for number in (4, 5):
        assert criteria[number][0] == "unknown"
        assert "were not watched: remove --queue-watch off" in criteria[number][1]
    assert "no finding" not in criteria[4][1]


def test_code_behind_a_link_is_the_same_code(team: Project) -> None:
    """Findings and coverage of a file count under any name by which it was imported."""
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
    criteria = board(run_gate(team, *FAST, "--queue-review=real", *measured))
    assert "100.0 % of 1 file is covered" in criteria[3][1]
    assert re.findall(r"(\S+:\d+): write-outside", criteria[4][1]) == ["real/clean.py:3"]


def test_a_lock_in_a_test_of_another_team_does_not_count(team: Project) -> None:
    """The other team's gate reports it."""
    team.pytester.makepyfile(
        test_more="""
        import pytest
        from pytest_queuekit.queue import QueueBusyError

        @pytest.mark.queue_worker(4)
        def test_meets_a_lock(queue_db_factory):
            holder, other = queue_db_factory("a"), queue_db_factory("a", busy_seconds=0.01)
            with holder.transaction(), pytest.raises(QueueBusyError):
                other.transaction().__enter__()
        """
    )
    assert "none in the team's tests" in board(run_gate(team, *FAST))[5][1]


def test_a_criterion_with_skipped_checks_is_unknown(team: Project) -> None:
    """The evidence shows the check and the reason of the skip."""
    team.pytester.makeconftest(
        """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                if item.name.startswith(("STATS", "QR102")):
                    item.add_marker(pytest.mark.skip(reason="not today"))
        """
    )
    criteria = board(run_gate(team, *FAST))
    assert criteria[1][0] == "unknown"
    assert "STATS-1: not today" in criteria[1][1]
    assert criteria[4][0] == "unknown"
    assert "QR102: not today" in criteria[4][1]


def test_an_internal_error_of_the_watch_leaves_its_criteria_unknown(team: Project) -> None:
    """The watch may have missed a lock or a write, so the evidence shows the error."""
    team.pytester.makeconftest(
        """
        import pytest

        def broken(*arguments, **options):
            return 1 / 0

        def pytest_configure():
            pytest.MonkeyPatch().setattr("pytest_queuekit.watch.statements.leases", broken)
        """
    )
    criteria = board(run_gate(team, *FAST))
    standing, evidence = criteria[5]
    assert (standing, criteria[4][0]) == ("unknown", "unknown")
    assert "ZeroDivisionError in watch/tracer.py:" in evidence
    assert "ZeroDivisionError in watch/tracer.py:" in criteria[4][1]
    assert "none in the team's tests" not in evidence


def test_a_test_that_changes_the_working_directory_changes_no_criterion(team: Project) -> None:
    """Relative paths refer to the directory in which the run began."""
    team.pytester.makepyfile(test_more="import os\ndef test(tmp_path): os.chdir(tmp_path)\n")
    criteria = board(run_gate(team, *FAST, "--queue-review=figures.py"))
    assert (criteria[4][0], criteria[7][0]) == ("met", "met")


def test_a_lock_in_the_teardown_of_a_session_fixture_counts(team: Project) -> None:
    """The fixture ends after the kit's own checks, which are not watched."""
    team.pytester.makeconftest(
        """
        import pytest
        from pytest_queuekit.queue import QueueBusyError, QueueDatabase

        @pytest.fixture(scope="session", autouse=True)
        def tidy(tmp_path_factory):
            yield
            path = tmp_path_factory.mktemp("a") / "queue.db"
            with QueueDatabase(path) as holder, QueueDatabase(path, busy_seconds=0.01) as other:
                with holder.transaction(), pytest.raises(QueueBusyError):
                    other.transaction().__enter__()
        """
    )
    standing, evidence = board(run_gate(team, *FAST))[5]
    assert standing == "NOT MET"
    assert re.findall(r"(\S+:\d+): QueueBusyError outside of tests", evidence) == ["conftest.py:10"]


def test_a_strict_test_alone_does_not_decide_for_the_others(team: Project) -> None:
    """With the watch off, findings in marked tests are not evidence about the other tests."""
    team.pytester.makepyfile(
        test_more="import pytest\n@pytest.mark.queue_strict\ndef test(queue_db): pass\n"
    )
    criteria = board(run_gate(team, *FAST, "--queue-watch=off"))
    assert "were not watched: remove --queue-watch off" in criteria[5][1]
    assert "none in the team's tests" not in criteria[5][1]


def test_the_code_has_no_tests_in_it(team: Project) -> None:
    """Files named as tests, and files in folders of tests below the given one, are left out."""
    home = team.pytester.mkdir("tests")
    for name in ("code.py", "test_code.py", "conftest.py", "tests/support.py", "test/a/b.py"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("def bare(): pass\n", encoding="utf-8")
    criteria = board(run_gate(team, *FAST, "--queue-review=tests"))
    assert re.findall(r"no docstring: (\S+)", criteria[7][1]) == ["tests/code.py:1"]
    assert "no finding in 1 file" in criteria[4][1]


def test_a_place_that_is_given_itself_is_code(team: Project) -> None:
    """A folder of tests and a script without a suffix count if --queue-review names them."""
    home = team.pytester.mkdir("tests")
    for name in ("code.py", "tool"):
        (home / name).write_text("def bare(): pass\n", encoding="utf-8")
    criteria = board(run_gate(team, *FAST, "--queue-review=."))
    assert "no docstring" not in criteria[7][1]
    named = [f"--queue-review={place}" for place in (".", "tests", "tests/tool")]
    criteria = board(run_gate(team, *FAST, *named))
    assert re.findall(r"no docstring: (\S+)", criteria[7][1]) == ["tests/code.py:1", "tests/tool:1"]


def test_an_empty_approval_is_none(team: Project) -> None:
    """An unset variable of CI overrides the ini file and approves nothing."""
    criteria = board(run_gate(team, *FAST, "--queue-approved-by="))
    assert criteria[4][0] == "unknown"
    assert "no approval: add --queue-approved-by NAME" in criteria[4][1]


def test_the_coverage_of_another_run_is_read(
    team: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path in the ini file is relative to that file."""
    measure = ("-m", "coverage", "run", "--data-file=measured", "--include=figures.py")
    inner = ("-m", "pytest", "-q", "-p", "pytest_queuekit.plugin", "test_figures.py")
    assert team.pytester.run(sys.executable, *measure, *inner).ret == 0
    criteria = board(run_gate(team, *FAST, "--queue-coverage=measured"))
    assert criteria[3][0] == "met"
    with (team.path / "tox.ini").open("a", encoding="utf-8") as ini:
        ini.write("\nqueue_coverage = measured\n")
    monkeypatch.chdir(team.pytester.mkdir("below"))
    assert board(run_gate(team, *FAST, ".."))[3][0] == "met"
    monkeypatch.chdir(team.path)
    team.pytester.makepyfile(figures=CODE + "\ndef f():\n    'F.'\n" + "    f()\n" * 20)
    criteria = board(run_gate(team, *FAST, "--queue-coverage=measured"))
    assert criteria[3][0] == "NOT MET"
    assert "of 1 file is covered, but more than 80 % is required" in criteria[3][1]


def _git(team: Project, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", "-C", str(team.path), *identity, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def test_pages_must_change_with_the_code(team: Project) -> None:
    """A deleted file counts as changed; tests and generated files do not count."""
    team.pytester.makeini("[pytest]\nqueue_review = .\nqueue_approved_by = Ada\n")
    (team.path / "api.py").touch()
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        _git(team, *arguments)
    since = (*FAST, "--queue-base=HEAD")
    assert "the code has not changed since HEAD" in board(run_gate(team, *since))[7][1]
    before = (team.path / "figures.py").read_text(encoding="utf-8")
    (team.path / "figures.py").write_text(f"{before}# more\n", encoding="utf-8")
    criteria = board(run_gate(team, *since))
    assert criteria[7][0] == "NOT MET"
    assert "1 code file changed since HEAD, but no documentation page did" in criteria[7][1]
    (team.path / "figures.py").write_text(before, encoding="utf-8")
    (team.path / "test_more.py").write_text("# a test is not code\n", encoding="utf-8")
    assert "the code has not changed since HEAD" in board(run_gate(team, *since))[7][1]
    (team.path / "api.py").unlink()
    assert "1 code file changed since HEAD" in board(run_gate(team, *since))[7][1]
    built = team.path / "build" / "lib"
    built.mkdir(parents=True)
    (built / "figures.py").write_text("# a build result is not code\n", encoding="utf-8")
    package = team.path / "docs"
    package.mkdir()
    (package / "more.py").write_text("# code is not a page\n", encoding="utf-8")
    criteria = board(run_gate(team, *since))
    assert "2 code files changed since HEAD, but no documentation page" in criteria[7][1]
    (team.path / "README.md").write_text("new\n", encoding="utf-8")
    assert "1 page changed since HEAD" in board(run_gate(team, *since))[7][1]


def test_code_in_another_repository_leaves_the_documentation_unknown(
    team: Project, tmp_path: Path
) -> None:
    """git compares the files of one repository only."""
    home = tmp_path / "project"
    home.mkdir()
    for arguments in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "first")):
        _git(team, "-C", str(home), *arguments)
    criteria = board(run_gate(team, *FAST, f"--rootdir={home}", "--queue-base=HEAD"))
    assert criteria[7][0] == "unknown"
    assert "figures.py is not in the repository" in criteria[7][1]
