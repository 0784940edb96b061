"""Walks back up the queue and go on with the original."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.walks import Backup, Claim, Complete, Enqueue, Step
from pytest_queuekit.walks.judging import judge_walk
from pytest_queuekit.walks.play import Stage, play_walk
from tests.queues.memory import MemoryQueue, RefusedError


class KeepsBooks(MemoryQueue):
    """Notes the locations of which it takes leave."""

    name = "keeps-books"
    copies: ClassVar[list[str]] = []
    disposed: ClassVar[list[str]] = []

    def backup(self, location: str) -> None:
        self.copies.append(location)
        super().backup(location)

    @classmethod
    def dispose(cls, location: str) -> None:
        cls.disposed.append(location)


class Fails(KeepsBooks):
    """Refuses each backup, and cannot take leave of a location."""

    name = "fails"

    def backup(self, location: str) -> None:
        raise RefusedError("no room")

    @classmethod
    def dispose(cls, location: str) -> None:
        raise OSError(location)


def _history(folder: Path, queue: type[MemoryQueue], *steps: Step) -> History:
    stage = Stage(queue=QueueUnderTest.of(queue), effort=Effort(), virtual=True)
    return play_walk(lambda _: iter(steps), stage, folder)[0].history


def test_each_copy_is_disposed_of(tmp_path: Path) -> None:
    """A copy may lie on a server, and there may be thousands; the walk goes on with the queue."""
    steps = (Enqueue(), Backup(), Claim(), Backup(by="b"), Complete())
    history = _history(tmp_path, KeepsBooks, *steps)
    assert [call.outcome for call in history.by(Verb.BACKUP)] == [Outcome.OK] * 2
    assert len(set(KeepsBooks.copies)) == 2
    assert KeepsBooks.disposed[:2] == KeepsBooks.copies
    assert next(call.task for call in history.by(Verb.COMPLETE)) == "task-1"


def test_a_refused_backup_is_no_fault(tmp_path: Path) -> None:
    """Nor is a copy that cannot be disposed of: it is not the queue."""
    history = _history(tmp_path, Fails, Enqueue(), Backup(), Claim(), Complete())
    assert judge_walk(history, QueueUnderTest.of(Fails).contract) == []
