"""`record` writes the calls of a user's own program as a history file."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from pytest_queuekit import Contract, record
from pytest_queuekit.adapters.reference import ReferenceQueue
from pytest_queuekit.histories.judging import judge
from pytest_queuekit.histories.reading import Recorded, read_files
from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.history import Outcome

WORKER = """
import sys
from pathlib import Path
from pytest_queuekit import record
from pytest_queuekit.adapters.reference import ReferenceQueue

class Hanging(ReferenceQueue):
    def complete(self, claim):
        print("begun", flush=True)
        sys.stdin.read()

location, path = sys.argv[1:]
with record(Hanging, location, actor="second", path=Path(path), lease=30) as queue:
    queue.claim()
    queue.complete(queue.claim())
"""


class Forgetful(ReferenceQueue):
    """Forgets that a task is claimed."""

    def claim(self, worker: str, lease: float = 60) -> Claim | None:  # type: ignore[override]
        """Claim a task, and put it back at once."""
        claim = super().claim(worker, lease=lease)
        if claim is not None:
            self.release(claim)
        return claim


def _read(*paths: Path) -> Recorded:
    return read_files(paths, lambda _: None)


def test_the_calls_of_a_program_are_judged(tmp_path: Path) -> None:
    """Those of a correct queue prove no violation, those of a wrong one do."""
    for adapter, kinds in ((ReferenceQueue, []), (Forgetful, ["double-delivery"])):
        location, path = str(tmp_path / f"{adapter.__name__}.db"), tmp_path / adapter.__name__
        with record(adapter, location, actor="a", path=path, lease=30, complete=True) as queue:
            queue.enqueue("task-1")
            queue.claim()
            queue.claim()
        recorded = _read(path)
        assert [call.verb for call in recorded.history] == ["enqueue", "claim", "claim"]
        judged = judge(recorded, Contract.of(adapter), lambda _: None)
        assert [found.kind for found in judged.violations] == kinds


def test_a_file_is_not_overwritten(tmp_path: Path) -> None:
    """The calls of an earlier run stay apart."""
    path = tmp_path / "a.jsonl"
    path.touch()
    with (
        pytest.raises(FileExistsError),
        record(ReferenceQueue, str(tmp_path / "q.db"), actor="a", path=path),
    ):
        pass


def test_a_kill_leaves_the_call_that_it_cut_off(tmp_path: Path) -> None:
    """The files of two processes are one history, in which that call has an unknown outcome."""
    location, first, second = str(tmp_path / "q.db"), tmp_path / "1", tmp_path / "2"
    with record(ReferenceQueue, location, actor="first", path=first, complete=True) as queue:
        queue.enqueue_many(["task-1", "task-2"])
    command = [sys.executable, "-c", WORKER, location, str(second)]
    with Popen(command, stdin=PIPE, stdout=PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"begun\n"
        os.kill(worker.pid, signal.SIGKILL)
    calls = [
        (call.actor, call.verb, call.task, call.outcome) for call in _read(first, second).history
    ]
    assert calls == [
        ("first", "enqueue", "task-1", Outcome.OK),
        ("first", "enqueue", "task-2", Outcome.OK),
        ("second", "claim", "task-1", Outcome.OK),
        ("second", "claim", "task-2", Outcome.OK),
        ("second", "complete", "task-2", Outcome.UNKNOWN),
    ]
