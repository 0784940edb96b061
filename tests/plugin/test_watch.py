"""`--queue-watch`: each kind of finding, beside the same test done right."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from pytest_queuekit.cli.vendoring import copy_out
from pytest_queuekit.queue import QueueBusyError
from tests.plugin.project import Project, flat, text
from tests.plugin.watch_cases import HEAD, RIGHT, WRONG, Case


def _findings(result: pytest.RunResult) -> list[tuple[int, str]]:
    """Return line and kind of each finding in the section at the end."""
    section = text(result).rpartition("= queue watch =")[2]
    pairs = re.findall(r"^test_own\.py:(\d+): ([a-z-]+) ", section, flags=re.MULTILINE)
    return [(int(line), kind) for line, kind in pairs]


@pytest.mark.parametrize("name", WRONG)
def test_each_kind_is_reported_at_its_line(project: Project, name: str) -> None:
    """The report names no other line, and the test passes."""
    case = Case(WRONG[name])
    project.pytester.makepyfile(test_own=case.source)
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(passed=1)
    assert _findings(result) == case.expected
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("name", WRONG)
def test_each_kind_fails_a_strict_run(project: Project, name: str) -> None:
    """The findings stand in place of a traceback."""
    case = Case(WRONG[name])
    project.pytester.makepyfile(test_own=case.source)
    result = project.run("--queue-watch", "strict")
    at_the_end = case.expected[0][1] == "open-connection"
    result.assert_outcomes(
        passed=int(at_the_end), failed=int(not at_the_end), errors=int(at_the_end)
    )
    for line, kind in case.expected:
        assert f"test_own.py:{line}: {kind} " in text(result)
    assert "Traceback" not in text(result)
    assert "pytest_queuekit/" not in text(result)


@pytest.mark.parametrize("name", RIGHT)
def test_correct_code_has_no_findings(project: Project, name: str) -> None:
    """The legal twin of each finding passes a strict run."""
    project.pytester.makepyfile(test_own=Case(RIGHT[name]).source)
    result = project.run("--queue-watch", "strict")
    assert result.ret == pytest.ExitCode.OK, text(result)
    assert "queue watch: nothing found" in text(result)


MARKED = """
@pytest.mark.queue_strict
def test_strict(queue_db):
    queue_db.execute(ADD)

def test_plain(queue_db):
    queue_db.execute(ADD)

@pytest.mark.queue_strict
@pytest.mark.queue_allow("write-outside")
@pytest.mark.queue_allow("leased", "busy")
def test_allowed(queue_db):
    queue_db.execute(ADD)
"""


@pytest.mark.parametrize(
    ("mode", "failed", "reported"), [("off", 1, 1), ("report", 1, 2), ("strict", 2, 2)]
)
def test_markers_override_the_mode(
    project: Project, spread: tuple[str, ...], mode: str, failed: int, reported: int
) -> None:
    """Strict tests fail in any mode; an allowed finding is neither reported nor a failure."""
    project.pytester.makepyfile(test_own=f"{HEAD}{MARKED}")
    result = project.run("--queue-watch", mode, *spread)
    result.assert_outcomes(failed=failed, passed=3 - failed)
    lines = [line for line, _ in _findings(result)]
    begin = len(HEAD.splitlines())
    assert lines == [begin + 4, begin + 7][:reported]


def test_an_unknown_kind_is_an_error_of_its_test(project: Project) -> None:
    """The error suggests a known kind and has no traceback."""
    project.pytester.makepyfile(
        test_own="import pytest\n@pytest.mark.queue_allow('bussy')\ndef test(): pass\n"
    )
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(errors=1)
    assert "queue_allow('bussy') is not one of write-outside, slow-plan" in flat(result)
    assert "did you mean 'busy'?" in flat(result)
    assert "Traceback" not in text(result)
    assert "watching.py" not in text(result)


def test_an_unknown_mode_is_an_error_of_one_line(project: Project) -> None:
    """On the command line and in the ini file."""
    result = project.run("--queue-watch", "strikt")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "--queue-watch='strikt' is not one of off, report, strict; did you mean 'strict'?"
        in flat(result)
    )
    project.pytester.makeini("[pytest]\nqueue_watch = reprot\n")
    assert "queue_watch='reprot' is not one of" in flat(project.run())


def test_the_option_overrides_the_ini_key(project: Project) -> None:
    """`--queue-watch off` switches off what the ini file asks for."""
    project.pytester.makeini("[pytest]\nqueue_watch = strict\n")
    project.pytester.makepyfile(test_own=Case(WRONG["execute"]).source)
    project.run().assert_outcomes(failed=1)
    result = project.run("--queue-watch", "off")
    result.assert_outcomes(passed=1)
    assert "queue watch" not in text(result)


def test_a_test_that_fails_shows_its_findings_too(project: Project) -> None:
    """The failure remains the test's own; the findings follow it."""
    project.pytester.makepyfile(
        test_own=f"{HEAD}def test(queue_db):\n    queue_db.execute(ADD)\n    assert 1 == 2\n"
    )
    result = project.run("--queue-watch", "strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E   * assert 1 == 2", "*- queue watch -*", "test_own.py:*: write-outside *"]
    )


SHARED = """
@pytest.fixture(scope="module")
def db(tmp_path_factory):
    return QueueDatabase(tmp_path_factory.mktemp("a") / "queue.db")

KEPT = []

def test(db):
    KEPT.append(db)
    TaskQueue(db).stats()
"""


def test_shared_connections_are_judged_at_the_end(
    project: Project, spread: tuple[str, ...]
) -> None:
    """The test passes and the run fails, also if a worker of xdist has the finding."""
    project.pytester.makepyfile(test_own=f"{HEAD}{SHARED}")
    result = project.run("--queue-watch", "strict", *spread)
    result.assert_outcomes(passed=1)
    assert [kind for _, kind in _findings(result)] == ["open-connection"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.run("--queue-watch", "report", *spread).ret == pytest.ExitCode.OK


IMPORTED = """
db = QueueDatabase(Path(__file__).with_name("queue.db"))
db.execute(ADD)
db.close()

def test():
    pass
"""

WIDE = """
def test():
    pass

@pytest.fixture(scope="session", autouse=True)
def tidy():
    yield
    with QueueDatabase(Path(__file__).with_name("queue.db")) as db:
        db.execute(ADD)
"""


@pytest.mark.parametrize(("source", "line"), [(IMPORTED, 3), (WIDE, 9)], ids=["import", "fixture"])
def test_what_happens_outside_of_tests_fails_the_run(
    project: Project, source: str, line: int
) -> None:
    """No test is blamed for it; here the kit's own item is the last."""
    project.pytester.makepyfile(test_own=f"{HEAD}{source}")
    rule = ("test_own.py", "queue-validate::CLAIM-1", "--queue-level", "quick")
    result = project.run("--queue-watch", "strict", *rule)
    assert _findings(result) == [(len(HEAD.splitlines()) + line, "write-outside")]
    assert "queue watch: 1 finding outside of tests" in text(result)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


RAISES = """
@pytest.fixture
def broken():
    yield
    raise RuntimeError("no")

@pytest.mark.queue_allow("open-connection")
def test(tmp_path, broken):
    KEPT.append(QueueDatabase(tmp_path / "queue.db"))
    assert TaskQueue(KEPT[0]).stats().queued == 0

KEPT = []
"""


def test_an_allowed_finding_is_not_reported_if_a_fixture_fails(project: Project) -> None:
    """Only the failure is reported."""
    project.pytester.makepyfile(test_own=f"{HEAD}{RAISES}")
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(passed=1, errors=1)
    assert "queue watch: nothing found" in text(result)


def test_workers_of_xdist_share_a_section(project: Project, spread: tuple[str, ...]) -> None:
    """It shows the findings of all workers, each once."""
    names = ("execute", "scan", "leased", "open")
    for number, name in enumerate(names):
        project.pytester.makepyfile(**{f"test_{number}": Case(WRONG[name]).source})
    result = project.run("--queue-watch", "report", *spread)
    result.assert_outcomes(passed=4)
    assert "queue watch: 4 findings in 4 tests" in text(result)


COPY = """
def test(tmp_path):
    with QueueDatabase(tmp_path / "a.db") as db:
        db.execute(ADD)  # finds write-outside
        with QueueDatabase(db.path, busy_seconds=0.001) as other, db.transaction():
            with pytest.raises(QueueBusyError):
                TaskQueue(other).enqueue("mail", None)  # finds busy
"""


def test_a_copy_of_the_queue_is_watched(project: Project) -> None:
    """The statements of the copy itself are not judged."""
    copy_out(project.path / "copied")
    case = Case(COPY)
    source = case.source.replace("pytest_queuekit.queue", "copied")
    project.pytester.makepyfile(test_own=source)
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(passed=1)
    assert _findings(result) == case.expected


PLAYED = """
from copied_fakes import busy

def test(queue_db, tmp_path):
    with QueueDatabase(tmp_path / "a.db") as db:
        assert TaskQueue(db).stats().queued == 0
    with pytest.raises(QueueBusyError):
        busy()
"""


def test_a_module_beside_a_copy_does_not_belong_to_it(project: Project) -> None:
    """Although its name begins alike, its simulated QueueBusyError is not a finding."""
    copy_out(project.path / "copied")
    project.pytester.makepyfile(
        copied_fakes="from copied import QueueBusyError\n"
        "def busy():\n    raise QueueBusyError('as if')\n",
        test_own=f"{HEAD}{PLAYED}".replace("pytest_queuekit.queue", "copied"),
    )
    result = project.run("--queue-watch", "strict")
    result.assert_outcomes(passed=1)
    assert "queue watch: nothing found" in text(result)


def test_the_kits_own_rules_are_not_watched(project: Project) -> None:
    """They stress a queue on purpose."""
    result = project.validate("queue-validate::CLAIM-1", "--queue-watch", "strict")
    result.assert_outcomes(passed=1)
    assert "queue watch: nothing found" in text(result)


GATE = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    plugin = config.pluginmanager.get_plugin("queuekit-watch")
    for finding in plugin.findings:
        fields = finding.kind, finding.place.path, finding.test, finding.detail[:6]
        terminalreporter.write_line(" ".join(("GATE", *fields)))
"""


def test_other_plugins_can_read_the_findings(project: Project, spread: tuple[str, ...]) -> None:
    """The process that writes the summary has all of them, except the allowed ones."""
    project.pytester.makeconftest(GATE)
    project.pytester.makepyfile(test_own=f"{HEAD}{MARKED}")
    result = project.run("--queue-watch", "report", *spread)
    lines = sorted(line for line in result.outlines if line.startswith("GATE"))
    assert lines == [
        "GATE write-outside test_own.py test_own.py::test_plain INSERT",
        "GATE write-outside test_own.py test_own.py::test_strict INSERT",
    ]


def test_the_suites_of_the_five_teams_hold_under_a_strict_watch(project: Project) -> None:
    """Their markers allow what they do on purpose, and the watch finds nothing else."""
    home = Path(__file__).parents[1] / "workers"
    suites = [file.parent for file in home.glob("*/__init__.py") if file.parent.name != "bad"]
    assert len(suites) == 5
    result = project.run(
        *(
            "--queue-watch",
            "strict",
            "-p",
            "no:cacheprovider",
            "-p",
            "pytest_benchmark.plugin",
            "--benchmark-disable",
        ),
        *(f"--rootdir={home}", *map(str, suites)),
    )
    assert result.ret == pytest.ExitCode.OK, text(result)
    assert result.parseoutcomes()["passed"] >= 45
    assert "queue watch: nothing found" in text(result)


@pytest.mark.parametrize("marked", [False, True], ids=["plain", "marked"])
def test_sqlite3_is_restored_after_the_run(project: Project, marked: bool) -> None:
    """sqlite3 is restored after the run, even if only a marker started the watch."""
    project.pytester.makepyfile(test_own=f"{HEAD}{MARKED}")
    before = sqlite3.connect, QueueBusyError.__init__
    project.run(*(() if marked else ("--queue-watch", "report")))
    assert (sqlite3.connect, QueueBusyError.__init__) == before
