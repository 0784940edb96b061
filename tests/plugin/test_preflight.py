"""A queue that cannot be judged is named once, before any rule, and soon."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from unittest.mock import ANY

import pytest

from pytest_queuekit.model.effort import Effort, Level
from tests.plugin.project import Project, flat, text

QUEUES = """
import os
import signal
import threading
from pathlib import Path

from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue


class Blocking(MemoryQueue):
    name = "blocking"

    def claim(self, worker, *, lease=60.0, capabilities=None):
        while (claim := super().claim(worker, lease=lease)) is None:
            threading.Event().wait()
        return claim


class Unreachable(MemoryQueue):
    name = "unreachable"

    def __init__(self, location):
        raise ConnectionError("no server at port 1")


class Dying(SmallSqliteQueue):
    name = "dying"

    def complete(self, claim):
        os.kill(os.getpid(), signal.SIGTERM)


class HangsInKeys(MemoryQueue):
    name = "hangs-in-keys"

    def enqueue(self, payload, *, key=None):
        if key is not None:
            threading.Event().wait()
        return super().enqueue(payload)


class Filling(SmallSqliteQueue):
    name = "filling"

    def __init__(self, location):
        super().__init__(location)
        self.spool = Path(f"{location}-spool")

    def enqueue(self, payload, **options):
        if "preflight" not in payload:
            self.spool.write_bytes(bytes(2**21))
        return super().enqueue(payload, **options)


class AtAPath(MemoryQueue):
    name = "at-a-path"

    @classmethod
    def provision(cls, folder):
        return folder / "queue"


class Disposed(MemoryQueue):
    name = "disposed"

    @classmethod
    def provision(cls, folder):
        Path("made.txt").open("a").write(f"{folder}\\n")
        return str(folder)

    @classmethod
    def dispose(cls, location):
        Path("disposed.txt").open("a").write(f"{location}\\n")
"""


@pytest.fixture
def queues(project: Project) -> Project:
    """A project with queues that end a run early."""
    project.pytester.makepyfile(queues=QUEUES)
    return project


def test_a_blocking_claim_is_named_once(queues: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule waits for its time limit, and the closing line says what to change."""
    monkeypatch.setattr("pytest_queuekit.execution.preflight._LIMIT", 1.0)
    result = queues.validate("--queue-impl=queues:Blocking", "-k", "CLAIM-1[ or KEY-1[")
    assert result.parseoutcomes() == {"failed": 1, "skipped": 1, "deselected": ANY}
    assert "claim() on an empty queue did not return within 1 s" in flat(result)
    assert "blocking NO VERDICT: could not be judged: claim() on an empty queue" in flat(result)


def test_an_error_of_the_constructor_has_its_traceback(queues: Project) -> None:
    """It is shown once, with its place in the adapter."""
    result = queues.validate("--queue-impl=queues:Unreachable", "-k", "CLAIM-1[ or KEY-1[")
    assert result.parseoutcomes() == {"failed": 1, "skipped": 1, "deselected": ANY}
    raised = "__init__() raised ConnectionError: no server at port 1 (queues.py:"
    assert f"unreachable NO VERDICT: could not be judged: {raised}" in flat(result)
    assert text(result).count("Traceback") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no signals")
def test_a_signal_is_named_with_its_call(queues: Project) -> None:
    """A call that ends its process ends that of the trial, and not that of the run."""
    result = queues.validate("--queue-impl=queues:Dying", "-k", "CLAIM-1[ or KEY-1[")
    assert result.ret == 1
    assert "could not be judged: the process ended by SIGTERM during complete()" in flat(result)


def test_rules_that_hang_in_a_row_stop_the_run(
    queues: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three of them the others are not run, and the queue has failed."""
    brief = Effort(level=Level.QUICK, tasks=20, limit=0.3, rounds=1)
    monkeypatch.setattr(Effort, "at", lambda level: brief)
    result = queues.validate("--queue-impl=queues:HangsInKeys", "-k", "KEY-")
    assert result.parseoutcomes()["failed"] == 3
    assert "calls never returned in KEY-1, KEY-2, KEY-4, so the run stopped" in flat(result)
    assert "hangs-in-keys FAILED: 3 of 3 applicable rules failed" in flat(result)


@pytest.fixture
def little_room() -> Iterator[None]:
    """A limit of a megabyte for each file of this process and its children: a disk without root."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("rule", ["CLAIM-1", "RACE-1", "RACE-2"])
def test_a_full_disk_is_named_once(queues: Project, rule: str) -> None:
    """In sequence, in threads and in processes: the folder, and what to do."""
    result = queues.validate("--queue-impl=queues:Filling", "-k", f"{rule}[ or KEY-1[ or ACK-1[")
    assert result.parseoutcomes() == {"failed": 1, "skipped": 2, "deselected": ANY}
    shown = flat(result)
    assert "filling NO VERDICT: could not be judged: 8 MB do not fit into /" in shown
    assert "(File too large): make room there, or choose another folder with --basetemp" in shown
    assert "Undeclared error" not in shown


def test_a_disk_without_room_for_a_folder_is_named_once(
    queues: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first call on the queue."""
    make = os.mkdir

    def refuse(path: str, mode: int = 0o777) -> None:
        if "queuekit-" in os.fspath(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        make(path, mode)

    monkeypatch.setattr(os, "mkdir", refuse)
    result = queues.validate("--queue-impl=queues:Filling", "-k", "CLAIM-1[ or KEY-1[")
    assert result.parseoutcomes() == {"failed": 1, "skipped": 1, "deselected": ANY}
    assert (
        "filling NO VERDICT: could not be judged: no folder for a queue could be made ([Errno 28] "
        "No space left on device: '/"
    ) in flat(result)


def test_a_location_that_is_no_text_is_named(queues: Project) -> None:
    """It goes to other processes as JSON."""
    result = queues.validate("--queue-impl=queues:AtAPath", "-k", "CLAIM-1[ or KEY-1[")
    assert "could not be judged: provision() returned a PosixPath; it must return text" in flat(
        result
    )


def test_each_provision_is_undone(queues: Project) -> None:
    """`dispose` gets each location once, after the run that used it."""
    queues.validate("--queue-impl=queues:Disposed", "-k", "CLAIM-1[ or KEY-1[")
    made = (queues.path / "made.txt").read_text().splitlines()
    assert len(made) == 3
    assert (queues.path / "disposed.txt").read_text().splitlines() == made
