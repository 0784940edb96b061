"""`--queue-watch` when the watch itself fails: it never reports "nothing found" then."""

from __future__ import annotations

import re

import pytest

from tests.plugin.project import Project, text
from tests.plugin.watch_cases import HEAD

BREAKS = {
    "tracer": ("watch.statements.leases", "watch/tracer.py"),
    "connecting hook": ("watch.connecting.Frames", "watch/connecting.py"),
    "plan lookup": ("watch.lookups.slow_steps", "watch/lookups.py"),
    "lease reader": ("watch.leases.reading", "watch/leases.py"),
    "lock": ("watch.frames.Frames.is_of_queue", "watch/"),
    "open connections": ("watch.opened.OpenConnections.add", "watch/"),
    "claims": ("watch.tracer.Tracer._changes", "watch/tracer.py"),
}
"""The function that raises, and the file that the report must name."""

CONFTEST = """
import pytest

patch = pytest.MonkeyPatch()

def broken(*arguments, **options):
    return 1 / 0

def pytest_configure():
    patch.setattr("pytest_queuekit.{name}", broken)

def pytest_unconfigure():
    patch.undo()
"""

RIGHT = """
def test_right(queue_tasks, queue_db):
    queue_tasks.enqueue("mail", {})
    queue_tasks.complete(queue_tasks.claim("worker-1"))
    with queue_db.connection() as conn:
        conn.execute("SELECT id FROM task_queue WHERE id = 1").fetchall()
        conn.cursor().execute("SELECT 1")
"""


def _break(project: Project, name: str, source: str) -> str:
    function, file = BREAKS[name]
    project.pytester.makeconftest(CONFTEST.replace("{name}", function))
    project.pytester.makepyfile(test_own=f"{HEAD}{source}")
    return file


def _line(file: str) -> str:
    return (
        r"queue watch: \d+ internal errors?, first: ZeroDivisionError in "
        rf"{re.escape(file)}\S*:\d+: division by zero; please report it"
    )


@pytest.mark.parametrize("name", BREAKS)
def test_an_internal_error_fails_a_strict_run(project: Project, name: str) -> None:
    """The tests pass, the run does not, and the error is reported once with its place."""
    file = _break(project, name, RIGHT)
    result = project.run("--queue-watch", "strict")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert len(re.findall(_line(file), text(result))) == 1
    assert "nothing found" not in text(result)


@pytest.mark.parametrize("name", BREAKS)
def test_an_internal_error_is_shown_in_report_mode(project: Project, name: str) -> None:
    """The run still passes."""
    file = _break(project, name, RIGHT)
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    assert re.search(_line(file), text(result))
    assert "nothing found" not in text(result)


@pytest.mark.parametrize("mode", ["off", "report"])
def test_an_internal_error_fails_a_strict_test(
    project: Project, spread: tuple[str, ...], mode: str
) -> None:
    """Only the marked test fails, also in a worker of pytest-xdist."""
    marked = RIGHT.replace("def test_right", "@pytest.mark.queue_strict\ndef test_marked")
    file = _break(project, "tracer", RIGHT + marked)
    result = project.run("--queue-watch", mode, *spread)
    result.assert_outcomes(passed=1, failed=1)
    assert re.search(_line(file), text(result))
    assert "FAILED test_own.py::test_marked" in text(result)


def test_an_internal_error_outside_of_a_strict_test_fails_the_run_too(project: Project) -> None:
    """A connection of an earlier test may be the one that the strict test uses unwatched."""
    _break(project, "tracer", f"{RIGHT}\n@pytest.mark.queue_strict\ndef test_marked(): pass\n")
    result = project.run()
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(("mode", "status"), [("strict", 1), ("report", 0)])
def test_internal_errors_of_workers_reach_the_controller(
    project: Project, spread: tuple[str, ...], mode: str, status: int
) -> None:
    """One line counts the errors of all workers."""
    second = RIGHT.replace("test_right", "test_again")
    file = _break(project, "plan lookup", RIGHT + second)
    result = project.run("--queue-watch", mode, *spread)
    result.assert_outcomes(passed=2)
    assert result.ret == status
    (line,) = re.findall(_line(file), text(result))
    assert "2 internal errors" in line


def test_findings_stand_beside_internal_errors(project: Project) -> None:
    """A component that fails does not hide the findings of the others."""
    source = "\ndef test_wrong(queue_db):\n    queue_db.execute(ADD)\n"
    file = _break(project, "lease reader", source)
    result = project.run("--queue-watch", "report")
    assert "queue watch: 1 finding in 1 test" in text(result)
    assert re.search(_line(file), text(result))


def test_the_code_under_test_does_not_notice(project: Project) -> None:
    """A statement that is refused by SQLite raises SQLite's error, not the watch's."""
    source = """
def test_locked(queue_db_factory):
    first, second = queue_db_factory("a"), queue_db_factory("a", busy_seconds=0.01)
    with first.transaction(), second.connection() as conn, pytest.raises(sqlite3.OperationalError):
        conn.execute("BEGIN IMMEDIATE")
"""
    _break(project, "lock", source)
    result = project.run("--queue-watch", "strict")
    result.assert_outcomes(passed=1)
    assert "internal error" in text(result)
