"""`--queue-watch`: what a run's own tests do to their databases, each kind beside what is right."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from pytest_queuekit.cli.vendoring import copy_out
from pytest_queuekit.queue import QueueBusyError
from tests.plugin.project import Project, flat, text
from tests.plugin.watch_cases import HEAD, RIGHT, WRONG, Case


def _told(result: pytest.RunResult) -> list[tuple[int, str]]:
    """Return line and kind of what the section at the end tells."""
    section = text(result).rpartition("= queue watch =")[2]
    found = re.findall(r"^test_own\.py:(\d+): ([a-z-]+) ", section, flags=re.MULTILINE)
    return [(int(line), kind) for line, kind in found]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(project: Project, name: str) -> None:
    """At its line, and nowhere else; the test passes."""
    case = Case(WRONG[name])
    project.pytester.makepyfile(test_own=case.source)
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(passed=1)
    assert _told(result) == case.expected
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_fails_a_strict_run(project: Project, name: str) -> None:
    """With the findings in the place of a traceback."""
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
def test_what_is_right_is_not_found(project: Project, name: str) -> None:
    """The same, done as it should be."""
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
    ("mode", "failed", "found"), [("off", 1, 1), ("report", 1, 2), ("strict", 2, 2)]
)
def test_markers_outweigh_the_mode(
    project: Project, spread: tuple[str, ...], mode: str, failed: int, found: int
) -> None:
    """Strict tests fail in any mode; what is allowed is neither told nor failed."""
    project.pytester.makepyfile(test_own=f"{HEAD}{MARKED}")
    result = project.run("--queue-watch", mode, *spread)
    result.assert_outcomes(failed=failed, passed=3 - failed)
    lines = [line for line, _ in _told(result)]
    begin = len(HEAD.splitlines())
    assert lines == [begin + 4, begin + 7][:found]


def test_a_kind_that_is_none_is_told(project: Project) -> None:
    """As an error of that test, with what was meant, and without a traceback."""
    project.pytester.makepyfile(
        test_own="import pytest\n@pytest.mark.queue_allow('bussy')\ndef test(): pass\n"
    )
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(errors=1)
    assert "queue_allow('bussy') is none of write-outside, slow-plan" in flat(result)
    assert "did you mean 'busy'?" in flat(result)
    assert "Traceback" not in text(result)
    assert "watching.py" not in text(result)


def test_a_mode_that_is_none_is_one_line(project: Project) -> None:
    """On the command line and in the ini file."""
    result = project.run("--queue-watch", "strikt")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--queue-watch='strikt' is none of off, report, strict; did you mean 'strict'?" in flat(
        result
    )
    project.pytester.makeini("[pytest]\nqueue_watch = reprot\n")
    assert "queue_watch='reprot' is none of" in flat(project.run())


def test_the_ini_key_is_outweighed(project: Project) -> None:
    """By the option."""
    project.pytester.makeini("[pytest]\nqueue_watch = strict\n")
    project.pytester.makepyfile(test_own=Case(WRONG["execute"]).source)
    project.run().assert_outcomes(failed=1)
    result = project.run("--queue-watch", "off")
    result.assert_outcomes(passed=1)
    assert "queue watch" not in text(result)


def test_a_test_that_fails_by_itself_is_told_with_it(project: Project) -> None:
    """Its own failure stays the failure; the finding stands below."""
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


def test_what_tests_share_is_judged_at_the_end(project: Project, spread: tuple[str, ...]) -> None:
    """The test passes, and the run fails, also where a worker of xdist has found it."""
    project.pytester.makepyfile(test_own=f"{HEAD}{SHARED}")
    result = project.run("--queue-watch", "strict", *spread)
    result.assert_outcomes(passed=1)
    assert [kind for _, kind in _told(result)] == ["open-connection"]
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
def test_no_test_is_to_blame_for_what_happens_outside(
    project: Project, source: str, line: int
) -> None:
    """It is told at the end, and fails a strict run; here the kit's own item is the last."""
    project.pytester.makepyfile(test_own=f"{HEAD}{source}")
    rule = ("test_own.py", "queue-validate::CLAIM-1", "--queue-level", "quick")
    result = project.run("--queue-watch", "strict", *rule)
    assert _told(result) == [(len(HEAD.splitlines()) + line, "write-outside")]
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


def test_what_is_allowed_is_allowed_where_a_fixture_fails(project: Project) -> None:
    """The failure is told, and nothing of the watch."""
    project.pytester.makepyfile(test_own=f"{HEAD}{RAISES}")
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(passed=1, errors=1)
    assert "queue watch: nothing found" in text(result)


def test_workers_of_xdist_tell_all(project: Project, spread: tuple[str, ...]) -> None:
    """In one section, each finding once."""
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
    """As `queuekit vendor` makes it; its own statements are its own."""
    copy_out(project.path / "copied")
    case = Case(COPY)
    source = case.source.replace("pytest_queuekit.queue", "copied")
    project.pytester.makepyfile(test_own=source)
    result = project.run("--queue-watch", "report")
    result.assert_outcomes(passed=1)
    assert _told(result) == case.expected


PLAYED = """
from copied_fakes import busy

def test(queue_db, tmp_path):
    with QueueDatabase(tmp_path / "a.db") as db:
        assert TaskQueue(db).stats().queued == 0
    with pytest.raises(QueueBusyError):
        busy()
"""


def test_a_neighbour_of_a_copy_is_no_part_of_it(project: Project) -> None:
    """Though its name begins alike: it plays a busy queue."""
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
    """They do to a queue what it must withstand."""
    result = project.validate("queue-validate::CLAIM-1", "--queue-watch", "strict")
    result.assert_outcomes(passed=1)
    assert "queue watch: nothing found" in text(result)


GATE = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    plugin = config.pluginmanager.get_plugin("queuekit-watch")
    for one in plugin.findings:
        told = ("GATE", one.kind, one.place.path, one.test, one.detail[:6])
        terminalreporter.write_line(" ".join(told))
"""


def test_other_plugins_can_read_the_findings(project: Project, spread: tuple[str, ...]) -> None:
    """All of them, in the process that writes the summary, without what is allowed."""
    project.pytester.makeconftest(GATE)
    project.pytester.makepyfile(test_own=f"{HEAD}{MARKED}")
    result = project.run("--queue-watch", "report", *spread)
    told = sorted(line for line in result.outlines if line.startswith("GATE"))
    assert told == [
        "GATE write-outside test_own.py test_own.py::test_plain INSERT",
        "GATE write-outside test_own.py test_own.py::test_strict INSERT",
    ]


def test_the_suites_of_the_five_teams_hold_under_a_strict_watch(project: Project) -> None:
    """What they do on purpose is marked there, and nothing else is found."""
    home = Path(__file__).parents[1] / "workers"
    suites = [one.parent for one in home.glob("*/__init__.py") if one.parent.name != "bad"]
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
def test_sqlite3_is_left_as_it_was(project: Project, marked: bool) -> None:
    """After the run, in whatever way it was watched."""
    project.pytester.makepyfile(test_own=f"{HEAD}{MARKED}")
    before = sqlite3.connect, QueueBusyError.__init__
    project.run(*(() if marked else ("--queue-watch", "report")))
    assert (sqlite3.connect, QueueBusyError.__init__) == before
