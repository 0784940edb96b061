"""Queues that take different tasks for one, or one for several."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import KeyConflict
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task
from tests.queues.variants import (
    FreesKeysAtTheClaim,
    HigherFirst,
    HoldsKeysForATime,
    RefusesDuplicates,
    ReplacesPayloads,
)


class IgnoresKeys(MemoryQueue):
    """Takes a key, and does nothing about it."""

    name = "ignores-keys"

    def _holder_of(self, key: str | None) -> Task | None:
        return None


class TwoForAKey(MemoryQueue):
    """Keeps a third task of a key out, but not the second."""

    name = "two-for-a-key"

    def _holder_of(self, key: str | None) -> Task | None:
        holder = super()._holder_of(key)
        same = [task for task in self._waiting() if task.key == key]
        return holder if len(same) != 1 or not self._is_due(same[0]) or same[0].error else None


class FreesTheKeyAtTheClaim(MemoryQueue):
    """Holds a key only while its task waits."""

    name = "frees-the-key-at-the-claim"

    def _holds_key(self, task: Task) -> bool:
        return task.state == "queued"


class DelayedHoldNoKey(MemoryQueue):
    """Looks for a key among the tasks that are due."""

    name = "delayed-hold-no-key"

    def _holds_key(self, task: Task) -> bool:
        return super()._holds_key(task) and (task.error is not None or self._is_due(task))


class FailureFreesTheKey(MemoryQueue):
    """Frees the key of a task that failed."""

    name = "failure-frees-the-key"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        self.store.tasks[claim.task_id].key = None


class KeysWithoutCase(MemoryQueue):
    """Compares keys without regard to case."""

    name = "keys-without-case"

    def _holder_of(self, key: str | None) -> Task | None:
        if key is None:
            return None
        held = [task for task in self.store.tasks.values() if self._holds_key(task)]
        return next((t for t in held if t.key is not None and t.key.lower() == key.lower()), None)


class ShortKeys(MemoryQueue):
    """Keeps the first 255 letters of a key."""

    name = "short-keys"

    def _holder_of(self, key: str | None) -> Task | None:
        if key is None:
            return None
        held = [task for task in self.store.tasks.values() if self._holds_key(task)]
        return next((t for t in held if t.key is not None and t.key[:255] == key[:255]), None)


class NormalisesKeys(MemoryQueue):
    """Takes two spellings of one letter for the same."""

    name = "normalises-keys"

    def _holder_of(self, key: str | None) -> Task | None:
        if key is None:
            return None
        held = [task for task in self.store.tasks.values() if self._holds_key(task)]
        return next((t for t in held if _normal(t.key) == _normal(key)), None)


def _normal(key: str | None) -> str | None:
    return None if key is None else unicodedata.normalize("NFC", key)


class NoKeyIsAKey(MemoryQueue):
    """Takes tasks without a key for the same while a keyed one is there."""

    name = "no-key-is-a-key"

    def _holder_of(self, key: str | None) -> Task | None:
        tasks = [task for task in self.store.tasks.values() if self._holds_key(task)]
        if key is None and any(task.key is not None for task in tasks):
            return next((task for task in tasks if task.key is None), None)
        return super()._holder_of(key)


class NeverFreesAKey(MemoryQueue):
    """Declares that completion frees a key, and holds it for ever."""

    name = "never-frees-a-key"

    def _holds_key(self, task: Task) -> bool:
        return True


class FreesAKeyTooEarly(HigherFirst):
    """Declares that a key is held for ever, and frees it when its task is done."""

    name = "frees-a-key-too-early"

    def _holds_key(self, task: Task) -> bool:
        return task.state in ("queued", "leased")


class HoldsAKeyPastItsTime(HoldsKeysForATime):
    """Does not look at the time for which a key is held."""

    name = "holds-a-key-past-its-time"

    def _holds_key(self, task: Task) -> bool:
        return True


class HoldsAKeyWhileItsTaskWaits(HoldsKeysForATime):
    """Frees a key in time, but not that of a task that is still there."""

    name = "holds-a-key-while-its-task-waits"

    def _holds_key(self, task: Task) -> bool:
        return super()._holds_key(task) or task.state in ("queued", "leased")


class FreesAKeyBeforeItsTime(HoldsKeysForATime):
    """Frees a key after half of its time."""

    name = "frees-a-key-before-its-time"

    def _holds_key(self, task: Task) -> bool:
        return self._now() < task.key_until - 15


class KeyEndsWithItsTask(HoldsKeysForATime):
    """Declares that a key is held for a time, and frees it when its task is done."""

    name = "key-ends-with-its-task"

    def _holds_key(self, task: Task) -> bool:
        return super()._holds_key(task) and task.state in ("queued", "leased")


class HoldsTheKeyOfAnExpiredTask(HoldsKeysForATime):
    """Frees a key in time, but not that of a task that expired before a worker had it."""

    name = "holds-the-key-of-an-expired-task"

    def _holds_key(self, task: Task) -> bool:
        return super()._holds_key(task) or self._is_outdated(task)


class KeyExpiresWithItsTask(HoldsKeysForATime):
    """Declares that a key is held for a time, and frees it when its task expires."""

    name = "key-expires-with-its-task"

    def _holds_key(self, task: Task) -> bool:
        return super()._holds_key(task) and not self._is_outdated(task)


class KeepsKeyedTasks(MemoryQueue):
    """Keeps a keyed task out itself if another keyed one was done before."""

    name = "keeps-keyed-tasks"

    def _holder_of(self, key: str | None) -> Task | None:
        done = [task for task in self._in_state("completed") if task.key is not None]
        return done[0] if key is not None and len(done) > 2 else super()._holder_of(key)


class ReleaseFreesTheKey(MemoryQueue):
    """Forgets the key of a task that is given back."""

    name = "release-frees-the-key"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self.store.tasks[claim.task_id].key = None


class TheOverdueHoldNoKey(MemoryQueue):
    """Takes a key for free when its task's lease has expired."""

    name = "the-overdue-hold-no-key"

    def _holds_key(self, task: Task) -> bool:
        overdue = task.state == "leased" and self._is_expired(task)
        return super()._holds_key(task) and not overdue


class HoldsAKeyTooLong(FreesKeysAtTheClaim):
    """Declares that a claim frees a key, and holds it until completion."""

    name = "holds-a-key-too-long"

    def _holds_key(self, task: Task) -> bool:
        return task.state in ("queued", "leased")


class FreesAKeyBeforeTheClaim(FreesKeysAtTheClaim):
    """Declares that a key is held until the claim, and holds none."""

    name = "frees-a-key-before-the-claim"

    def _holds_key(self, task: Task) -> bool:
        return False


class ReplacesThoughItKeeps(ReplacesPayloads):
    """Declares that the first task stays, and replaces its payload."""

    name = "replaces-though-it-keeps"
    key_conflict = KeyConflict.KEEP


class KeepsThoughItReplaces(ReplacesPayloads):
    """Declares that it replaces the payload, and does so only once."""

    name = "keeps-though-it-replaces"

    def _meet(self, task: Task, text: str) -> None:
        if task.error is None:
            super()._meet(task, text)
            task.error = "replaced"


class AcceptsDuplicates(RefusesDuplicates):
    """Declares that it refuses a key in use, and says yes without adding a task."""

    name = "accepts-duplicates"

    def _meet(self, task: Task, text: str) -> None:
        return


class BatchesHaveNoKeys(MemoryQueue):
    """Takes the keys of a batch, and does nothing about them."""

    name = "batches-have-no-keys"

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        self._keys_of(payloads, keys)
        return super().enqueue_many(payloads)


class BatchLooksBeforeItAdds(MemoryQueue):
    """Looks for the keys of a batch before it adds the first of its tasks."""

    name = "batch-looks-before-it-adds"

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        given = self._keys_of(payloads, keys)
        with self._atomically():
            held = [self._holder_of(key) for key in given]
            numbers = []
            for payload, key, holder in zip(payloads, given, held, strict=True):
                number = self.enqueue(payload) if holder is None else holder.number
                self.store.tasks[number].key = key
                numbers.append(number)
            return numbers


class BatchForgetsItsKeys(MemoryQueue):
    """Looks for the keys of a batch, and does not keep them for later calls."""

    name = "batch-forgets-its-keys"

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        with self._atomically():
            before = set(self.store.tasks)
            numbers = super().enqueue_many(payloads, keys=keys)
            for number in {*numbers} - before:
                self.store.tasks[number].key = None
            return numbers


class BatchHasOneTaskWithoutAKey(MemoryQueue):
    """Takes the tasks without a key in batches with keys for twins."""

    name = "batch-has-one-task-without-a-key"

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        named = None if keys is None else [key or "no key" for key in keys]
        return super().enqueue_many(payloads, keys=named)


MUTANTS = (
    mutant(
        IgnoresKeys,
        "KEY-1",
        also=(
            "KEY-2",
            "KEY-3",
            "KEY-4",
            "KEY-10",
            "KEY-11",
            "KEY-14",
            "KEY-15",
            "STATS-14",
        ),
    ),
    mutant(
        TwoForAKey,
        "KEY-1",
        also=(
            "KEY-10",
            "KEY-11",
            "KEY-14",
            "KEY-15",
            "STATS-14",
        ),
    ),
    mutant(FreesTheKeyAtTheClaim, "KEY-2", also=("KEY-11", "STATS-14")),
    mutant(DelayedHoldNoKey, "KEY-3"),
    mutant(FailureFreesTheKey, "KEY-4"),
    mutant(KeysWithoutCase, "KEY-5"),
    mutant(ShortKeys, "KEY-5"),
    mutant(NormalisesKeys, "KEY-5"),
    mutant(NoKeyIsAKey, "KEY-6", also=("KEY-15",)),
    mutant(NeverFreesAKey, "KEY-7", also=("STATS-14",)),
    mutant(FreesAKeyTooEarly, "KEY-7"),
    mutant(HoldsAKeyPastItsTime, "KEY-16", also=("KEY",)),
    mutant(HoldsAKeyWhileItsTaskWaits, "KEY-16", also=("KEY-11", "KEY-17")),
    mutant(FreesAKeyBeforeItsTime, "KEY-16", also=("KEY-17",)),
    mutant(HoldsTheKeyOfAnExpiredTask, "KEY-17"),
    mutant(KeyExpiresWithItsTask, "KEY-17"),
    mutant(KeyEndsWithItsTask, "KEY-7", also=("KEY-16",)),
    mutant(KeepsKeyedTasks, "KEY-8"),
    mutant(ReleaseFreesTheKey, "KEY-10"),
    mutant(TheOverdueHoldNoKey, "KEY-11"),
    mutant(HoldsAKeyTooLong, "KEY-13"),
    mutant(FreesAKeyBeforeTheClaim, "KEY-1", also=("KEY", "STATS-14")),
    mutant(ReplacesThoughItKeeps, "KEY-14", also=("KEY", "STATS-14")),
    mutant(KeepsThoughItReplaces, "KEY-14"),
    mutant(AcceptsDuplicates, "KEY-14"),
    mutant(BatchesHaveNoKeys, "KEY-15"),
    mutant(BatchLooksBeforeItAdds, "KEY-15"),
    mutant(BatchForgetsItsKeys, "KEY-15"),
    mutant(BatchHasOneTaskWithoutAKey, "KEY-15"),
)
