"""Correct queues that promise something else: another order, domain or guarantee."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import KeyHold, Order, Payload
from tests.queues.memory import MemoryQueue, RefusedError, Task


class Stack(MemoryQueue):
    """The last goes first."""

    name = "stack"
    order = Order(priority="lower-first", ties="lifo")

    def _order_key(self, task: Task) -> tuple[int, int]:
        return task.priority, -task.number


class HigherFirst(MemoryQueue):
    """The greatest number is the best priority, and a key is held for ever."""

    name = "higher-first"
    order = Order(priority="higher-first", ties="fifo")
    key_hold = KeyHold.FOR_EVER

    def _order_key(self, task: Task) -> tuple[int, int]:
        return -task.priority, task.number

    def _holds_key(self, task: Task) -> bool:
        return True


class Texts(MemoryQueue):
    """Payloads are texts."""

    name = "texts"
    payload = Payload.TEXT

    def _encode(self, payload: Any) -> str:
        if type(payload) is not str or any("\ud800" <= letter <= "\udfff" for letter in payload):
            raise RefusedError(f"payload={payload!r:.40} must be text that UTF-8 can carry")
        return payload

    def _decode(self, text: str) -> Any:
        return text


class Bytes(MemoryQueue):
    """Payloads are bytes."""

    name = "bytes"
    payload = Payload.BYTES

    def _encode(self, payload: Any) -> str:
        if type(payload) is not bytes:
            raise RefusedError(f"payload={payload!r:.40} must be bytes")
        return base64.b64encode(payload).decode("ascii")

    def _decode(self, text: str) -> Any:
        return base64.b64decode(text)


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


VARIANTS: Sequence[type[MemoryQueue]] = (
    Stack,
    HigherFirst,
    Texts,
    Bytes,
    RefusesInSilence,
    Forgiving,
    BacksOffAfterALease,
    BacksOffFromTheNextClaim,
    NewTokenForEachExtension,
)
