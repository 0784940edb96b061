"""The programs of parents that fork, importable by their processes."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

from pytest_queuekit.execution.fork import fork
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder

_ROUNDS = 10
"""Tasks that an actor enqueues, claims and completes."""

_AWAY = 0.3
"""Seconds for which a child goes on after its parent has ended, or a parent keeps its lock."""


def work_together(recorder: Recorder) -> None:
    """Fork while holding one of several tasks; parent and child work at the same time."""
    held = _hold(recorder)
    child = fork(recorder, "child", _work)
    _work(recorder)
    child.wait()
    if held is not None:
        recorder.complete(held)
    recorder.enqueue("after")


def leave_the_child(recorder: Recorder) -> None:
    """Fork, and end while the child works. The end closes the parent's instance."""
    recorder.enqueue("before")
    fork(recorder, "child", _work_on)


def keep_the_lock(recorder: Recorder) -> None:
    """Fork while a transaction of the parent's own holds the write lock, and end it later."""
    recorder.enqueue("before")
    with _locked():
        child = fork(recorder, "child", _work)
        recorder.clock.wait(_AWAY)
    _work(recorder)
    child.wait()


def let_the_child_close(recorder: Recorder) -> None:
    """Fork while holding a task; the child closes the instance, and the parent goes on."""
    held = _hold(recorder)
    fork(recorder, "child", _work_and_close).wait()
    _work(recorder)
    if held is not None:
        recorder.complete(held)


def _hold(recorder: Recorder) -> Delivery | None:
    """Enqueue some tasks and claim one of them."""
    for number in range(1, _ROUNDS + 1):
        recorder.enqueue(f"before-{number}")
    return recorder.claim()


def _work(recorder: Recorder) -> None:
    """Enqueue, claim and complete. Stop at an error: the queue refuses to work after a fork."""
    for number in range(1, _ROUNDS + 1):
        if not recorder.enqueue(f"{recorder.actor}-{number}"):
            return
        delivery = recorder.claim()
        if delivery is not None:
            recorder.complete(delivery)
        elif recorder.last is None or not recorder.last.ok:
            return


def _work_on(recorder: Recorder) -> None:
    """Work while the parent ends, then enqueue tasks for others."""
    _work(recorder)
    recorder.clock.wait(_AWAY)
    for number in range(1, _ROUNDS + 1):
        if not recorder.enqueue(f"late-{number}"):
            return


def _work_and_close(recorder: Recorder) -> None:
    _work(recorder)
    recorder.close()


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the write lock of every SQLite file that this process has open.

    The files come from the connections: opening and closing a file drops the process's locks on it.
    """
    with ExitStack() as stack:
        for path in _sqlite_files():
            own = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            own.execute("BEGIN IMMEDIATE")
            stack.callback(own.rollback)
        yield


def _sqlite_files() -> set[str]:
    paths: set[str] = set()
    for each in gc.get_objects():
        if isinstance(each, sqlite3.Connection):
            with suppress(sqlite3.Error):  # closed, or of another thread
                paths |= {row[2] for row in each.execute("PRAGMA database_list")}
    return paths - {"", None}
