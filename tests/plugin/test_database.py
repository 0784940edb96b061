"""--queue-db: the eight checks of a database that exists."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.plugin.project import Project, flat, outcomes, squeezed, text

CHECKS = {
    "configuration",
    "database-connection",
    "schema-integrity",
    "pragma-settings",
    "data-models",
    "transaction-isolation",
    "index-performance",
    "error-handling",
}


@pytest.fixture
def database(project: Project) -> Path:
    """A database in use, with tasks in it."""
    path = project.path / "jobs.db"
    with QueueDatabase(path) as db:
        TaskQueue(db).enqueue_many("mail", [{"to": number} for number in range(20)])
    return path


def _damage(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


def _state(path: Path) -> tuple[str, int]:
    return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns


def test_a_sound_database_passes_eight_checks(
    project: Project, database: Path, spread: tuple[str, ...]
) -> None:
    """Each check is a test of its own, and nothing else runs."""
    project.pytester.makepyfile(test_own="def test_own(): assert False\n")
    result = project.run("--queue-db", str(database), "-v", *spread)
    assert result.ret == 0
    assert outcomes(result) == {f"queue-db::{check}": "PASSED" for check in CHECKS}
    assert "jobs.dbPASSED:8of8checkspassed" in squeezed(result)


def test_the_database_is_not_touched(project: Project, database: Path) -> None:
    """Content, schema and time of modification are as they were."""
    before = _state(database)
    files = sorted(file.name for file in project.path.glob("jobs.db*"))
    assert project.run("--queue-db", str(database)).ret == 0
    assert before == (
        hashlib.sha256(database.read_bytes()).hexdigest(),
        database.stat().st_mtime_ns,
    )
    assert files == sorted(file.name for file in project.path.glob("jobs.db*"))


def test_it_says_what_the_schema_lacks(project: Project, database: Path) -> None:
    """The failure names the missing table, and the summary gives the verdict."""
    _damage(database, "DROP TABLE task_logs")
    result = project.run("--queue-db=jobs.db", "-v")
    assert result.ret == 1
    assert outcomes(result)["queue-db::schema-integrity"] == "FAILED"
    assert "table task_logs is missing" in flat(result)
    assert "jobs.dbFAILED:" in squeezed(result)
    assert "Traceback" not in text(result)


def test_the_error_names_a_file_that_is_not_a_database(project: Project) -> None:
    """A file that cannot be read fails its checks with a sentence, and no traceback."""
    project.pytester.makefile(".db", letter="Dear all, this is a letter.")
    result = project.run("--queue-db=letter.db")
    assert result.ret == 1
    assert "letter.dbFAILED:" in squeezed(result)
    assert "Traceback" not in text(result)


def test_a_check_is_chosen_by_its_id(project: Project, database: Path) -> None:
    """One check alone runs alone, and -k chooses as ever."""
    result = project.run("--queue-db=jobs.db", "queue-db::schema-integrity", "-v")
    assert outcomes(result) == {"queue-db::schema-integrity": "PASSED"}
    result = project.run("--queue-db=jobs.db", "-k", "data-models", "-v")
    assert outcomes(result) == {"queue-db::data-models": "PASSED"}


def test_rules_and_checks_go_together(project: Project, database: Path) -> None:
    """With --queue-validate, and the path in the ini file, both suites are reported."""
    project.pytester.makeini("[pytest]\nqueue_db = jobs.db\n")
    result = project.validate("--queue-impl=shop:Good", "-k", "KEY-1[ or data-models", "-v")
    assert set(outcomes(result)) == {"queue-validate::KEY-1[good]", "queue-db::data-models"}


def test_without_validation_the_ini_file_checks_nothing(project: Project, database: Path) -> None:
    """The ini key has no effect on an ordinary run, or on a run of a single rule."""
    project.pytester.makeini("[pytest]\nqueue_db = jobs.db\n")
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    project.run().assert_outcomes(passed=1)
    named = project.run("--queue-impl=shop:Good", "queue-validate::KEY-1", "-v")
    assert set(outcomes(named)) == {"queue-validate::KEY-1[good]"}
