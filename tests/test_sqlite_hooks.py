"""Hooks on `sqlite3.connect`, pushed and popped by components that do not know each other."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.execution.clock import virtual_time
from pytest_queuekit.queue import QueueDatabase
from pytest_queuekit.sqlite_hooks import CONNECT_HOOKS, ConnectCall, ConnectHook, ConnectHooks
from pytest_queuekit.watch.watch import Watch

REAL = (sqlite3.connect, sqlite3.dbapi2.connect)
ADD = "INSERT INTO task_queue (type, payload) VALUES ('mail', '{}')"


class Noting(ConnectHook):
    """Writes down its name before and after each connect call."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self._name, self._notes = name, notes

    def before(self, call: ConnectCall) -> ConnectCall:
        """Note the arguments."""
        self._notes.append(f"{self._name} before")
        return call

    def after(self, connection: sqlite3.Connection) -> None:
        """Note the connection."""
        self._notes.append(f"{self._name} after")


@pytest.fixture
def notes() -> Iterator[list[str]]:
    """The notes of the hooks of a test; afterwards sqlite3 must be as it was."""
    before = (sqlite3.connect, sqlite3.dbapi2.connect)
    yield []
    assert (sqlite3.connect, sqlite3.dbapi2.connect) == before


@contextmanager
def _patched_by_another_tool(notes: list[str]) -> Iterator[None]:
    """Replace sqlite3.connect and restore what was there, as unittest.mock does."""
    original = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        notes.append("tool")
        connection: sqlite3.Connection = original(*arguments, **options)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]  # overloads, which pass through
    yield
    sqlite3.connect = original


def _connect() -> None:
    sqlite3.connect(":memory:").close()


def test_the_hook_pushed_last_is_the_outermost(notes: list[str]) -> None:
    """It sees the arguments first and the connection last."""
    with (
        CONNECT_HOOKS.active(Noting("inner", notes)),
        CONNECT_HOOKS.active(Noting("outer", notes)),
    ):
        sqlite3.dbapi2.connect(":memory:").close()
    assert notes == ["outer before", "inner before", "inner after", "outer after"]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_hooks_leave_in_any_order(notes: list[str], order: tuple[int, ...]) -> None:
    """The hooks that remain keep working; after the last one sqlite3 has its own function."""
    before = sqlite3.connect
    hooks = [Noting(name, notes) for name in "abc"]
    for hook in hooks:
        CONNECT_HOOKS.push(hook)
    active = dict(enumerate("abc"))
    for index in order:
        assert sqlite3.connect is not before
        CONNECT_HOOKS.pop(hooks[index])
        del active[index]
        notes.clear()
        _connect()
        assert sorted(notes) == sorted(f"{n} {when}" for n in active.values() for when in WHEN)
    assert sqlite3.connect is before


WHEN = ("before", "after")


def test_a_hook_that_is_not_active_cannot_be_popped(notes: list[str]) -> None:
    """The error names the hook."""
    hook = Noting("a", notes)
    with CONNECT_HOOKS.active(Noting("b", notes)), pytest.raises(ValueError, match="Noting object"):
        CONNECT_HOOKS.pop(hook)


class Own(sqlite3.Connection):
    """A factory."""


class Making(ConnectHook):
    """Lets connections be made by `Own`."""

    def before(self, call: ConnectCall) -> ConnectCall:
        """Change the factory."""
        assert call.factory is sqlite3.Connection
        return call.with_factory(Own)


@pytest.mark.filterwarnings("ignore:Passing more than 1 positional:DeprecationWarning")
def test_a_hook_changes_the_factory(notes: list[str]) -> None:
    """The caller may name none, or name it by keyword or by position."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((":memory:",), {}),
        ((), {"database": ":memory:", "factory": sqlite3.Connection}),
        ((":memory:", 5.0, 0, None, True, sqlite3.Connection, 100), {}),
    ]
    with CONNECT_HOOKS.active(Making()):
        for arguments, options in calls:
            with closing(sqlite3.connect(*arguments, **options)) as conn:
                assert type(conn) is Own


def test_the_error_of_a_hook_reaches_the_caller(notes: list[str]) -> None:
    """The connection is closed, so that none is left open."""
    made: list[sqlite3.Connection] = []

    class Failing(ConnectHook):
        def after(self, connection: sqlite3.Connection) -> None:
            made.append(connection)
            raise ZeroDivisionError

    with CONNECT_HOOKS.active(Failing()), pytest.raises(ZeroDivisionError):
        _connect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")


def test_a_factory_may_open_a_second_connection(notes: list[str]) -> None:
    """Hooks see both calls."""

    class Pair(sqlite3.Connection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            _connect()

    with CONNECT_HOOKS.active(Noting("a", notes)):
        sqlite3.connect(":memory:", factory=Pair).close()
    assert notes == ["a before", "a before", "a after", "a after"]


# -- another tool that replaces sqlite3.connect ---------------------------------------------------


def test_a_patch_that_came_first_is_called_and_restored(notes: list[str]) -> None:
    """Our function calls the other tool's, not sqlite3's."""
    with _patched_by_another_tool(notes):
        theirs = sqlite3.connect
        with CONNECT_HOOKS.active(Noting("a", notes)):
            _connect()
        assert sqlite3.connect is theirs
    assert notes == ["a before", "tool", "a after"]


def test_a_patch_that_came_later_is_left_in_place(notes: list[str]) -> None:
    """After the pop it still works, and the hook is no longer called."""
    hook = Noting("a", notes)
    CONNECT_HOOKS.push(hook)
    with _patched_by_another_tool(notes):
        theirs = sqlite3.connect
        _connect()
        assert notes == ["tool", "a before", "a after"]
        CONNECT_HOOKS.pop(hook)
        assert sqlite3.connect is theirs
        notes.clear()
        _connect()
        assert notes == ["tool"]
    _connect()  # the tool has restored our function, which passes the call on
    assert notes == ["tool"]
    with CONNECT_HOOKS.active(hook):
        _connect()
    assert notes == ["tool", "a before", "a after"]
    # The next pop has removed it.
    assert sqlite3.connect is REAL[0]


def test_a_call_that_passes_two_of_our_patches_counts_once(notes: list[str]) -> None:
    """The second push covers the other tool; when that leaves, the first hook still works."""
    with CONNECT_HOOKS.active(Noting("a", notes)):
        with _patched_by_another_tool(notes):
            with CONNECT_HOOKS.active(Noting("b", notes)):
                _connect()
            assert notes == ["b before", "a before", "tool", "a after", "b after"]
        notes.clear()
        _connect()
        assert notes == ["a before", "a after"]


def test_a_tool_that_restores_sqlite3_blindly_does_not_hide_later_hooks(notes: list[str]) -> None:
    """The next push puts a patch in place again."""
    before = sqlite3.connect
    with CONNECT_HOOKS.active(Noting("a", notes)):
        sqlite3.connect = before
        with CONNECT_HOOKS.active(Noting("b", notes)):
            _connect()
    assert sorted(notes) == ["a after", "a before", "b after", "b before"]


def test_threads_push_and_pop_at_the_same_time(notes: list[str]) -> None:
    """Each thread's hook sees the thread's own call, and nothing is left in place."""
    meet = threading.Barrier(4)
    missed: list[int] = []

    def work(number: int) -> None:
        meet.wait(30)
        for _ in range(50):
            own: list[str] = []
            with CONNECT_HOOKS.active(Noting("own", own)):
                _connect()
            if not {"own before", "own after"} <= {*own}:
                missed.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == []


def test_a_stack_of_its_own_knows_nothing_of_the_process(notes: list[str]) -> None:
    """Only the shared stack is global."""
    hooks = ConnectHooks()
    with hooks.active(Noting("a", notes)):
        _connect()
    assert notes == []


# -- the two users --------------------------------------------------------------------------------


class _Both:
    """Virtual time and the watch, entered and left one by one."""

    def __init__(self) -> None:
        self.watch = Watch()
        self._time = virtual_time()

    def enter(self, name: str) -> None:
        if name == "watch":
            self.watch.start()
            self.watch.begin("a test")
        else:
            self._time.__enter__()

    def leave(self, name: str) -> None:
        if name == "watch":
            self.watch.stop()
        else:
            self._time.__exit__(None, None, None)


USERS = (("watch", "time"), ("time", "watch"))


@pytest.mark.parametrize("leaving", USERS, ids="leaving {0[0]} first".format)
@pytest.mark.parametrize("entering", USERS, ids="entering {0[0]} first".format)
def test_virtual_time_and_the_watch_work_together(
    notes: list[str], tmp_path: Path, entering: tuple[str, str], leaving: tuple[str, str]
) -> None:
    """Both reach a queue's connection; the one that stays keeps working on new connections."""
    both = _Both()
    for name in entering:
        both.enter(name)
    _use(both.watch, tmp_path / "both.db", virtual=True, watched=True)
    both.leave(leaving[0])
    stays = leaving[1]
    _use(both.watch, tmp_path / "rest.db", virtual=stays == "time", watched=stays == "watch")
    both.leave(stays)
    assert (sqlite3.connect, sqlite3.dbapi2.connect) == REAL


def _use(watch: Watch, path: Path, *, virtual: bool, watched: bool) -> None:
    with QueueDatabase(path) as db:
        db.execute(ADD)
        hour = db.execute("SELECT strftime('%Y-%m-%d %H', 'now')").fetchone()[0]
    assert (hour == "2025-06-15 15") is virtual
    assert [finding.kind for finding in watch.after_call()] == ["write-outside"] * watched
