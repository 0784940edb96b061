"""The fixtures for teams that build on the reference queue, in tests of such a team."""

from __future__ import annotations

import sqlite3
import sys

import pytest

from pytest_queuekit.cli.vendoring import copy_out
from pytest_queuekit.queue import schema
from tests.plugin.project import Project, flat, text

STRICT = ("-W", "error", "--strict-markers")


def _passes(project: Project, source: str, *arguments: str, tests: int = 1) -> None:
    project.pytester.makepyfile(test_team=source)
    result = project.run("test_team.py", *STRICT, *arguments)
    result.assert_outcomes(passed=tests)


def test_each_test_has_a_database_of_its_own(project: Project, spread: tuple[str, ...]) -> None:
    """No test sees the tasks of another; the schema is there, and no DDL was run for it."""
    _passes(
        project,
        """
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_alone(queue_tasks, queue_db, queue_db_path, number):
            made = []
            queue_db.execute("SELECT 1")
            assert queue_tasks.stats().queued == 0
            queue_tasks.enqueue("mail", {"to": number})
            assert queue_tasks.stats().queued == 1
            assert queue_db.path == str(queue_db_path)
        """,
        *spread,
        tests=4,
    )


def test_the_schema_is_made_once_a_session(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten tests open thirty databases, and the DDL runs in that of the template alone."""
    made: set[int] = set()
    create = schema.create_schema

    def note(connection: sqlite3.Connection) -> None:
        made.add(id(connection))
        create(connection)

    monkeypatch.setattr(schema, "create_schema", note)
    _passes(
        project,
        """
        import pytest

        @pytest.mark.parametrize("number", range(10))
        def test_open(queue_db, queue_db_factory, number):
            for db in (queue_db, queue_db_factory(), queue_db_factory("other")):
                with db.transaction():
                    pass
        """,
        tests=10,
    )
    assert len(made) == 1


def test_databases_are_closed_after_the_test(project: Project) -> None:
    """A database that is used afterwards says so; none is left open."""
    _passes(
        project,
        """
        import pytest
        from pytest_queuekit.queue import QueueClosedError

        kept = []

        def test_first(queue_db, queue_db_factory):
            kept.extend([queue_db, queue_db_factory()])

        def test_second():
            for db in kept:
                with pytest.raises(QueueClosedError):
                    db.execute("SELECT 1")
        """,
        tests=2,
    )


def test_the_factory_opens_several_databases_and_one_twice(project: Project) -> None:
    """Without a name a database is new; under one name both see the same tasks."""
    _passes(
        project,
        """
        from pytest_queuekit.queue import TaskQueue

        def test_factory(queue_db_factory, queue_db_path, queue_db):
            first, second = queue_db_factory("shared"), queue_db_factory("shared")
            assert first is not second
            TaskQueue(first).enqueue("mail", {})
            assert TaskQueue(second).stats().queued == 1
            assert TaskQueue(queue_db_factory()).stats().queued == 0
            assert TaskQueue(queue_db_factory()).stats().queued == 0
            TaskQueue(queue_db_factory(queue_db_path)).enqueue("mail", {})
            assert TaskQueue(queue_db).stats().queued == 1
            assert queue_db_factory(busy_seconds=0.5).path != queue_db.path
        """,
    )


def test_a_lease_runs_out_without_sleeping(project: Project) -> None:
    """queue_clock moves the time of queue_db, SQL date functions included."""
    _passes(
        project,
        """
        import time

        import pytest

        def test_lease(queue_tasks, queue_clock, queue_db):
            began = time.monotonic()
            queue_tasks.enqueue("mail", {})
            assert queue_tasks.claim("one", lease_seconds=60).locked_by == "one"
            assert queue_tasks.claim("two") is None
            queue_clock.advance(61)
            assert queue_tasks.claim("two").locked_by == "two"
            (moment,) = queue_db.execute("SELECT datetime('now')").fetchone()
            assert moment == time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(queue_clock.now))
            assert time.monotonic() - began < 30

        def test_clock(queue_clock):
            before = queue_clock.now
            queue_clock.advance(1.5)
            assert queue_clock() == queue_clock.now == before + 1.5
            queue_clock.set(5)
            assert queue_clock.now == 5.0
            for wrong in (-1, float("nan"), float("inf")):
                with pytest.raises(ValueError, match="seconds="):
                    queue_clock.advance(wrong)
            with pytest.raises(ValueError, match="moment="):
                queue_clock.set(float("nan"))

        def test_real_time_without_the_clock(queue_db):
            (moment,) = queue_db.execute("SELECT unixepoch('now')").fetchone()
            assert abs(moment - time.time()) < 60
        """,
        tests=3,
    )


def test_the_clock_reaches_databases_that_the_tested_code_opens(project: Project) -> None:
    """queue_clock moves each QueueDatabase without a clock, also that of a copy of the queue."""
    project.pytester.run(sys.executable, "-m", "pytest_queuekit", "vendor", "prismq_queue")
    project.pytester.makepyfile(
        service="""
        import prismq_queue
        from pytest_queuekit.queue import QueueDatabase, TaskQueue

        def claimers(path):
            own = TaskQueue(QueueDatabase(f"{path}-own"))
            copied = prismq_queue.TaskQueue(prismq_queue.QueueDatabase(f"{path}-copied"))
            return own, copied
        """
    )
    _passes(
        project,
        """
        import time

        from service import claimers

        def test_lease(queue_clock, tmp_path):
            for queue in claimers(tmp_path / "q"):
                queue.enqueue("mail", {})
                assert queue.claim("one", lease_seconds=60).locked_by == "one"
                assert queue.claim("two") is None
                queue_clock.advance(61)
                assert queue.claim("two").locked_by == "two"
                (moment,) = queue.db.execute("SELECT unixepoch('now')").fetchone()
                assert moment == queue_clock.now
                queue.db.close()

        def test_real_time_afterwards(tmp_path):
            for queue in claimers(tmp_path / "q"):
                assert abs(queue.db.now() - time.time()) < 60
                queue.db.close()
        """,
        tests=2,
    )


def test_a_clock_that_comes_too_late_is_an_error(project: Project) -> None:
    """A clock that could not move the open databases is refused; an earlier one is accepted."""
    project.pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def clock(request):
            return request.getfixturevalue("queue_clock")

        def test_early(clock, queue_tasks):
            queue_tasks.enqueue("mail", {})
            queue_tasks.claim("one", lease_seconds=60)
            clock.advance(61)
            assert queue_tasks.claim("two").locked_by == "two"

        def test_late(queue_tasks, request):
            request.getfixturevalue("queue_clock")
        """
    )
    result = project.run("-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)
    assert "queue_clock came too late" in text(result)
    assert "Traceback" not in text(result)


def test_what_cannot_be_meant_is_refused(project: Project) -> None:
    """A path that is a str is rejected, and so is a negative number of tasks."""
    _passes(
        project,
        """
        import pytest

        def test_wrong(queue_db_factory, queue_fill, tmp_path):
            for wrong in (str(tmp_path / "my.db"), "folder/my"):
                with pytest.raises(ValueError, match="is a path: pass Path"):
                    queue_db_factory(wrong)
            with pytest.raises(ValueError, match="count=-1 must be 0 or greater"):
                queue_fill(-1)
        """,
    )


def test_filling_is_quick_and_exact(project: Project) -> None:
    """So many tasks are waiting, with the options given; none for a count of 0."""
    _passes(
        project,
        """
        def test_fill(queue_fill, queue_tasks, queue_worker_id):
            ids = queue_fill(2500, priority=7)
            assert len(set(ids)) == 2500
            assert queue_tasks.stats().queued == 2500
            task = queue_tasks.claim(queue_worker_id)
            assert (task.priority, task.get_payload()) == (7, {"number": 1})
            assert queue_fill(0) == []
        """,
    )


def test_worker_ids_are_unique_in_the_run(project: Project, spread: tuple[str, ...]) -> None:
    """No two tests get the same, in whatever process they run."""
    path = project.path / "ids.txt"
    path.touch()
    source = f"""
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_id(queue_worker_id, number):
            with open({str(path)!r}, "a") as file:
                file.write(queue_worker_id + "\\n")
        """
    _passes(project, source, *spread, tests=8)
    ids = path.read_text().split()
    assert len(ids) == len(set(ids)) == 8


def test_the_integration_check_passes_and_fails(project: Project) -> None:
    """A sound database passes; one without a table fails with the reason."""
    project.pytester.makepyfile(
        test_team="""
        def test_good(queue_integration_check):
            queue_integration_check()
            queue_integration_check("worker-02")

        def test_bad(queue_integration_check, queue_db):
            queue_db.execute("DROP TABLE task_queue")
            queue_integration_check()
        """
    )
    result = project.run("test_team.py", *STRICT)
    result.assert_outcomes(passed=1, failed=1)
    assert "task_queue" in flat(result)
    assert "Traceback" not in text(result)


def test_a_conftest_may_override_a_fixture(project: Project) -> None:
    """A team's own fixture of the same name is used, also by ours that build on it."""
    project.pytester.makeconftest(
        """
        import pytest
        from pytest_queuekit.queue import QueueDatabase

        @pytest.fixture
        def queue_db(tmp_path):
            with QueueDatabase(tmp_path / "own.db") as db:
                yield db
        """
    )
    _passes(
        project,
        """
        def test_own(queue_tasks, queue_db):
            assert queue_db.path.endswith("own.db")
            assert queue_tasks.db is queue_db
        """,
    )


OVERRIDES = {
    "queue_tasks": ("queue_db", '"queue.db"', "returned a str", "a QueueDatabase"),
    "queue_integration_check": ("queue_db", "None", "returned None", "a QueueDatabase"),
    "queue_fill": ("queue_tasks", "[]", "returned a list", "a TaskQueue"),
    "queue_db": ("queue_db_path", "17", "returned an int", "a Path"),
    "queue_db_factory": ("queue_clock", "5.0", "returned a float", "a function"),
}
"""A fixture of ours, the override it depends on, and the words of the error."""


@pytest.mark.parametrize("ours", OVERRIDES)
def test_an_override_of_another_type_is_named(project: Project, ours: str) -> None:
    """The error names the file of the override, its value, and the fixture that cannot use it."""
    name, value, returned, needed = OVERRIDES[ours]
    project.pytester.mkpydir("suite").joinpath("conftest.py").write_text(
        f"import pytest\n\n@pytest.fixture\ndef {name}():\n    return {value}\n"
    )
    project.path.joinpath("suite", "test_team.py").write_text(
        f"def test_team({name}, {ours}):\n    pass\n"
    )
    result = project.run("suite", *STRICT)
    result.assert_outcomes(errors=1)
    assert (
        f"fixture {name!r} is overridden in suite/conftest.py and {returned}; {ours} needs {needed}"
    ) in flat(result)
    assert "Rename your fixture." in flat(result)
    assert "Error" not in text(result).replace("ERROR", "").replace("Errors", "")


def test_a_factory_that_opens_something_else_is_named(project: Project) -> None:
    """`queue_db` is ours then, so the error names the factory."""
    project.pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def queue_db_factory():
            return lambda path: b"queue"
        """
    )
    project.pytester.makepyfile(test_team="def test_team(queue_tasks): pass")
    result = project.run("test_team.py", *STRICT)
    result.assert_outcomes(errors=1)
    assert (
        "fixture 'queue_db_factory' is overridden in conftest.py and opened a bytes; queue_db "
        "needs a QueueDatabase. Rename your fixture."
    ) in flat(result)


def test_a_parameter_of_another_type_is_named(project: Project) -> None:
    """`parametrize` overrides a fixture too."""
    project.pytester.makepyfile(
        test_team="""
        import pytest

        @pytest.mark.parametrize("queue_db", ["a.db"])
        def test_team(queue_db, queue_tasks): pass
        """
    )
    result = project.run("test_team.py", *STRICT)
    result.assert_outcomes(errors=1)
    assert (
        "fixture 'queue_db' is overridden by parametrize and returned a str; queue_tasks needs a "
        "QueueDatabase. Rename your parameter."
    ) in flat(result)


def test_a_copy_of_the_queue_may_override_a_fixture(project: Project) -> None:
    """The database of a copy that `queuekit vendor` made is a QueueDatabase."""
    copy_out(project.path / "copied")
    project.pytester.makeconftest(
        """
        import pytest
        from copied import QueueDatabase

        @pytest.fixture
        def queue_db(queue_db_path):
            with QueueDatabase(queue_db_path) as db:
                yield db
        """
    )
    _passes(
        project,
        """
        def test_copy(queue_tasks, queue_db):
            assert type(queue_db).__module__.startswith("copied")
            assert queue_tasks.enqueue("mail", {}) == 1
        """,
    )


def test_classes_of_unittest_can_use_them(project: Project) -> None:
    """By an autouse fixture of the class, as pytest has it."""
    _passes(
        project,
        """
        import unittest
        import pytest

        class QueueTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _queue(self, queue_tasks):
                self.queue = queue_tasks

            def test_enqueue(self):
                self.assertEqual(self.queue.enqueue("mail", {}), 1)
        """,
    )


def test_fixtures_are_listed_with_their_sentences(project: Project) -> None:
    """--fixtures shows each of ours with what it is for; inner ones are not shown."""
    result = project.run("--fixtures")
    shown = flat(result)
    for name in (
        "queue_db",
        "queue_db_path",
        "queue_db_factory",
        "queue_clock",
        "queue_tasks",
        "queue_fill",
        "queue_worker_id",
        "queue_integration_check",
        "queue_benchmark",
    ):
        assert any(line.startswith(f"{name} ") for line in result.outlines)
    assert "no docstring available" not in shown.partition("pytest_queuekit.plugin.fixtures")[2]
    assert "_queue_template" not in shown


def test_markers_of_ours_need_no_registration(project: Project) -> None:
    """--strict-markers accepts them, and -m selects by them."""
    project.pytester.makepyfile(
        test_team="""
        import pytest

        @pytest.mark.queue_integration
        def test_one(): pass

        @pytest.mark.queue_stress
        def test_two(): pass

        @pytest.mark.queue_worker(3)
        def test_three(): pass
        """
    )
    assert project.run("test_team.py", *STRICT, "-m", "queue_stress").parseoutcomes()["passed"] == 1
    assert project.run("test_team.py", *STRICT).parseoutcomes()["passed"] == 3
