"""Correct queues that promise something else: another order or guarantee."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import KeyConflict, KeyHold, Order, Retry
from tests.queues.domains import DOMAINS
from tests.queues.memory import MemoryQueue, RefusedError, Task


class Stack(MemoryQueue):
    """The last goes first."""

    name = "stack"
    order = Order(priority="lower-first", ties="lifo", redelivery="original")

    def _order_key(self, task: Task) -> tuple[float, float]:
        return task.priority, -task.number


class HigherFirst(MemoryQueue):
    """The greatest number is the best priority, and a key is held for ever."""

    name = "higher-first"
    order = Order(priority="higher-first", ties="fifo", redelivery="original")
    key_hold = KeyHold.FOR_EVER

    def _order_key(self, task: Task) -> tuple[float, float]:
        return -task.priority, task.number

    def _holds_key(self, task: Task) -> bool:
        return True


class RefusesInSilence(MemoryQueue):
    """It refuses without a word, as some libraries do."""

    name = "refuses-in-silence"

    def complete(self, claim: Claim) -> None:
        self._quietly(super().complete, claim)

    def fail(self, claim: Claim, error: str) -> None:
        self._quietly(super().fail, claim, error)

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._quietly(super().extend, claim, seconds)
        return claim

    def release(self, claim: Claim) -> None:
        self._quietly(super().release, claim)

    def cancel(self, task_id: Any) -> None:
        self._quietly(super().cancel, task_id)

    def _quietly(self, call: Any, *arguments: Any) -> None:
        try:
            call(*arguments)
        except RefusedError:
            return


class Forgiving(MemoryQueue):
    """A worker that comes late may still acknowledge until another worker takes over."""

    name = "forgiving"

    def _is_current(self, task: Task, claim: Claim) -> bool:
        return task.state in ("leased", "queued") and task.token == claim.token

    def _count_attempt(self, task: Task) -> None:
        if task.state != "queued":  # the end of the lease has counted an attempt that fails late
            super()._count_attempt(task)


class OneAttempt(MemoryQueue):
    """A task gets one attempt; a worker that dies with it uses it up."""

    name = "one-attempt"
    retry: ClassVar[Retry | None] = Retry(max_attempts=1, counts_deaths=True)

    def enqueue(  # type: ignore[override]  # declares fewer options
        self, payload: Any, *, key: str | None = None, priority: int = 100
    ) -> int:
        return super().enqueue(payload, key=key, priority=priority, max_attempts=1)


class BacksOffAfterALease(MemoryQueue):
    """A lease that expired is a failure like any other: the task waits, longer each time."""

    name = "backs-off-after-a-lease"

    def _count_attempt(self, task: Task) -> None:
        super()._count_attempt(task)
        task.due = self._now() + self._wait(task.attempts)


class BacksOffFromTheNextClaim(BacksOffAfterALease):
    """Notices that a lease expired at the next claim: only then does the wait begin."""

    name = "backs-off-from-the-next-claim"
    reclaim = QueueAdapter.reclaim


class NewTokenForEachExtension(MemoryQueue):
    """A worker that extends its lease gets a new token, and the old one is no longer valid."""

    name = "new-token-for-each-extension"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        with self._atomically():
            super().extend(claim, seconds)
            task = self._held_by(claim)
            task.token = self._new_token(task)
            return replace(claim, token=task.token)


class BackToTheTail(MemoryQueue):
    """A task that is released or failed goes behind the tasks that wait."""

    name = "back-to-the-tail"
    order = Order(priority="lower-first", ties="fifo", redelivery="tail")

    def release(self, claim: Claim) -> None:
        with self._atomically():
            super().release(claim)
            self._move(self.store.tasks[claim.task_id])

    def fail(self, claim: Claim, error: str) -> None:
        with self._atomically():
            super().fail(claim, error)
            self._move(self.store.tasks[claim.task_id])

    def _move(self, task: Task) -> None:
        task.place = next(self.store.numbers)


class BackToTheHead(BackToTheTail):
    """A task that is released or failed goes before the tasks that wait."""

    name = "back-to-the-head"
    order = Order(priority="lower-first", ties="fifo", redelivery="head")

    def _move(self, task: Task) -> None:
        task.place = -next(self.store.numbers)


class CoarseOrder(MemoryQueue):
    """Orders tasks by the hundredth of a second of their enqueue, and the last first in each."""

    name = "coarse-order"
    order = Order(priority="lower-first", ties="fifo", resolution=0.01)

    def _keep(self, task: Task) -> None:
        task.place = int(self._now() * 100) - task.number / 1e6
        super()._keep(task)


class FreesKeysAtTheClaim(MemoryQueue):
    """A key keeps a second task out only while the first waits."""

    name = "frees-keys-at-the-claim"
    key_hold = KeyHold.UNTIL_CLAIM


class HoldsKeysForATime(MemoryQueue):
    """A key keeps a second task out for half a minute, whatever becomes of the first."""

    name = "holds-keys-for-a-time"
    key_hold = KeyHold.FOR_A_TIME
    key_seconds: ClassVar[float | None] = 30.0


class ReplacesPayloads(MemoryQueue):
    """A second payload of a key takes the place of the first, which still waits."""

    name = "replaces-payloads"
    key_conflict: ClassVar[KeyConflict | None] = KeyConflict.REPLACE

    def _meet(self, task: Task, text: str) -> None:
        if task.state == "queued":
            task.text = text


class MayReplacePayloads(ReplacesPayloads):
    """Does the same, and does not declare it."""

    name = "may-replace-payloads"
    key_conflict = None


class PutsOff(MemoryQueue):
    """An enqueue with the key of a waiting task may put that off. Does not declare what it does."""

    name = "puts-off"
    key_conflict: ClassVar[KeyConflict | None] = None

    def enqueue(self, payload: Any, *, delay: float = 0.0, key: str | None = None) -> int:  # type: ignore[override]  # takes no other options
        known = len(self.store.tasks)
        number = super().enqueue(payload, delay=delay, key=key)
        task = self.store.tasks[number]
        if delay and len(self.store.tasks) == known and task.state == "queued":
            task.due = self._now() + delay
        return number


class RefusesDuplicates(MemoryQueue):
    """A second enqueue with a key in use is refused."""

    name = "refuses-duplicates"
    key_conflict = KeyConflict.REFUSE

    def _meet(self, task: Task, text: str) -> None:
        raise RefusedError(f"key={task.key!r} is in use")

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        with self._atomically():
            before = dict(self.store.tasks)
            try:
                return super().enqueue_many(payloads, keys=keys)
            except RefusedError:
                self.store.tasks = before
                raise


class OneAttemptAfterARequeue(MemoryQueue):
    """A dead task that is requeued gets one attempt more."""

    name = "one-attempt-after-a-requeue"
    requeue_attempts = 1

    def requeue(self, task_id: Any) -> None:
        with self._atomically():
            super().requeue(task_id)
            task = self.store.tasks[task_id]
            task.attempts = task.max_attempts - 1


class RequeuesInSilence(RefusesInSilence):
    """It says nothing about a requeue either."""

    name = "requeues-in-silence"

    def requeue(self, task_id: Any) -> None:
        self._quietly(super().requeue, task_id)


class TwoOfAGroup(MemoryQueue):
    """Two workers may hold tasks of one group at a time."""

    name = "two-of-a-group"
    group_limit = 2


class FailsForGood(MemoryQueue):
    """A worker may report a failure after which the task is not tried again."""

    name = "fails-for-good"

    def fail(self, claim: Claim, error: str, *, retry: bool = True) -> None:
        with self._atomically():
            super().fail(claim, error)
            if not retry:
                self._bury(self.store.tasks[claim.task_id])

    def _bury(self, task: Task) -> None:
        task.state = "dead"


class CountsReady(MemoryQueue):
    """Counts the queued tasks that are ready apart from those that wait."""

    name = "counts-ready"

    def stats(self) -> Mapping[str, int]:
        with self._atomically():
            ready = sum(map(self._counts_as_ready, self._in_state("queued")))
            counts = super().stats()
            return {**counts, "ready": ready, "waiting": counts["queued"] - ready}

    def _counts_as_ready(self, task: Task) -> bool:
        return task.due <= self._now()


class ExpiresAfterADelivery(MemoryQueue):
    """Does not deliver a task that expired while it waited again: released, retried or requeued."""

    name = "expires-after-a-delivery"

    def _is_outdated(self, task: Task) -> bool:
        return task.state != "leased" and task.expires <= self._now()


class TakesFractions(MemoryQueue):
    """A priority may have a fraction."""

    name = "takes-fractions"

    def _check_number(self, name: str, value: float, least: int) -> None:
        if name == "priority" and type(value) is float and math.isfinite(value) and value >= least:
            return
        super()._check_number(name, value, least)  # type: ignore[arg-type]  # it refuses the rest


class LeasesByTask(MemoryQueue):
    """The producer says how long a worker may keep its task; a claim has no say in it."""

    name = "leases-by-task"

    def enqueue(  # type: ignore[override]  # declares fewer options
        self,
        payload: Any,
        *,
        lease: float = 45.0,
        priority: int = 100,
        delay: float = 0.0,
        key: str | None = None,
        max_attempts: int = 5,
    ) -> int:
        return super().enqueue(
            payload,
            lease=lease,
            priority=priority,
            delay=delay,
            key=key,
            max_attempts=max_attempts,
        )

    def claim(self, worker: str) -> Claim | None:  # type: ignore[override]  # takes no lease
        return super().claim(worker)

    def claim_many(self, worker: str, limit: int) -> list[Claim]:  # type: ignore[override]
        self._check_number("limit", limit, 1)
        claims: list[Claim] = []
        with self._atomically():
            while len(claims) < limit and (claim := self.claim(worker)) is not None:
                claims.append(claim)
        return claims


class ShortBatches(MemoryQueue):
    """Returns at most half a batch, so that other workers get some, too."""

    name = "short-batches"
    full_batches = False

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        self._check_number("limit", limit, 1)
        return super().claim_many(worker, (limit + 1) // 2, lease=lease)


VARIANTS: Sequence[type[MemoryQueue]] = (
    Stack,
    HigherFirst,
    *DOMAINS,
    RefusesInSilence,
    Forgiving,
    BacksOffAfterALease,
    BacksOffFromTheNextClaim,
    NewTokenForEachExtension,
    BackToTheTail,
    BackToTheHead,
    CoarseOrder,
    FreesKeysAtTheClaim,
    HoldsKeysForATime,
    ReplacesPayloads,
    MayReplacePayloads,
    PutsOff,
    RefusesDuplicates,
    TwoOfAGroup,
    OneAttempt,
    OneAttemptAfterARequeue,
    RequeuesInSilence,
    FailsForGood,
    CountsReady,
    ExpiresAfterADelivery,
    TakesFractions,
    LeasesByTask,
    ShortBatches,
)
