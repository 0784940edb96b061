"""How many acknowledged calls a power cut can undo with synchronous NORMAL."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.faults.cases import Send, forked
from tests.faults.disk import OK, FileOperation, ObservedDisk, is_available


def _enqueue(path: Path, send: Send) -> None:
    """Enqueue small tasks; send the number of each at which the log was synced."""
    done = 0

    def observer(operation: FileOperation) -> int:
        if operation.kind == "sync" and operation.path.endswith("-wal"):
            send(str(done))
        return OK

    with ObservedDisk().observed(observer), QueueDatabase(path) as db:
        queue = TaskQueue(db)
        for _ in range(2000):
            queue.enqueue("t", {"video_id": 123})
            done += 1


@pytest.mark.skipif(not is_available(), reason="this Python's SQLite is not a shared library")
def test_a_checkpoint_comes_after_some_hundreds_of_tasks(tmp_path: Path) -> None:
    """docs/reliability.md says how many: a log of 1,000 pages holds some 300 enqueued tasks."""
    syncs = [int(line) for line in forked(lambda send: _enqueue(tmp_path / "q.db", send)).lines]
    longest = max(later - earlier for earlier, later in itertools.pairwise(syncs))
    assert 200 <= longest <= 400
