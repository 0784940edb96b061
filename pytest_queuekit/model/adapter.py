"""The base class of every adapter, and the records that an adapter returns and declares.

Three things have a `claim`: the queue, the adapter in front of it, and the recorder in front of
the adapter, which writes the history.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, TypeVar

from pytest_queuekit.errors import UndeclaredError
from pytest_queuekit.model.adapter_form import Declaration
from pytest_queuekit.model.capabilities import (
    Durability,
    Guarantee,
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Payload,
    Retry,
    Sharing,
)

_T = TypeVar("_T")
Answer: TypeAlias = _T | Awaitable[_T]
"""What a method of an adapter returns: an answer, or one to await, if the method is async."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One delivery of a task to a worker.

    task_id: the queue's own id; None if it has none.
    payload: the payload that the queue delivered.
    worker: the name of the worker that claimed.
    attempt: the queue's count of attempts, for information; None if it does not count.
    token: the fencing token of this delivery; None without one.
    handle: anything that the adapter needs to acknowledge this delivery; the kit never reads it.
    """

    task_id: Any
    payload: Any
    worker: str
    attempt: int | None = None
    token: Any = None
    handle: Any = None


@dataclass(frozen=True, kw_only=True)
class Limitation(Declaration):
    """A documented limit of a queue that waives one rule.

    rule: id of the waived rule: "ENQUEUE-4".
    reason: what the queue does instead, in one sentence.
    source: where the queue documents it: "README, Payloads".
    """

    rule: str
    reason: str
    source: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason.rstrip('.')} ({self.source})."


class QueueAdapter:
    """The base class of an adapter: a subclass defines what its queue can do.

    `enqueue` and `claim` are required. A subclass declares every other method by defining it, and
    every option by accepting it: `priority`, `delay`, `expires`, `lease`, `key`, `group`,
    `capabilities`, `max_attempts` of `enqueue`; `keys` of `enqueue_many`; `lease`, `capabilities`
    of `claim`; `lease` of `claim_many`; `retry` of `fail`. All times are in seconds.

    An adapter translates and does nothing else: no retries, no locks, no swallowed errors.
    (`*args` in the signatures below lets type checkers accept a subclass's own options.)
    """

    name: ClassVar[str] = ""
    distribution: ClassVar[str | None] = None
    """The installed distribution of the queue, for its version in the report."""
    order: ClassVar[Order] = Order()
    guarantee: ClassVar[Guarantee] = Guarantee.AT_LEAST_ONCE
    durability: ClassVar[Durability] = Durability.PROCESS_CRASH
    payload: ClassVar[Payload] = Payload.JSON
    liveness: ClassVar[Liveness] = Liveness.NONE
    sharing: ClassVar[Sharing] = Sharing.PROCESSES
    survives_fork: ClassVar[bool] = False
    """True if a process may fork while an instance is open."""
    ends_once: ClassVar[bool] = False
    """True if a worker cannot end one delivery a second time; for `HandlerAdapter`."""
    retry: ClassVar[Retry | None] = None
    key_hold: ClassVar[KeyHold] = KeyHold.UNTIL_COMPLETION
    key_seconds: ClassVar[float | None] = None
    """Seconds for which a key is held after the enqueue, with `KeyHold.FOR_A_TIME`."""
    key_conflict: ClassVar[KeyConflict | None] = None
    """The effect of an enqueue with the key of a waiting task; None if undeclared."""
    full_batches: ClassVar[bool] = True
    """False if `claim_many` may return fewer tasks than its limit although more wait, but one."""
    group_limit: ClassVar[int] = 1
    """Tasks of one group that workers may hold at a time, if `enqueue` has the option `group`."""
    requeue_attempts: ClassVar[int | None] = None
    """The attempts of a dead task that is requeued; None for as many as a new task."""
    lease_seconds: ClassVar[float | None] = None
    """The lease of every claim in seconds, if `claim` has no option `lease`.

    If `enqueue` has the option, the lease of the tasks that were enqueued without.
    """
    notice_seconds: ClassVar[float | None] = None
    """Seconds within which the queue notices a dead worker by heartbeat or process; None: 10."""
    event_loop: ClassVar[str] = "asyncio"
    """The event loop of an adapter with async methods: asyncio, uvloop or trio."""
    resolution: ClassVar[float] = 1.0
    """Seconds by which the queue may be late to notice that a time has come."""
    refuses: ClassVar[tuple[type[BaseException], ...]] = ()
    """Errors that mean "no, and nothing changed"."""
    busy: ClassVar[tuple[type[BaseException], ...]] = ()
    """Errors that mean "not now, and nothing changed"."""
    limitations: ClassVar[tuple[Limitation | str, ...]] = ()
    """Documented limits. A `Limitation` waives its rule; a text is only listed in reports."""

    def __init__(self, location: str) -> None:
        raise UndeclaredError(f"{type(self).__name__} must define __init__(self, location)")

    @classmethod
    def provision(cls, folder: Path) -> str:
        """Return the location of a new queue in an empty private folder."""
        return str(folder / "queue.db")

    @classmethod
    def dispose(cls, location: str) -> Answer[None]:
        """Undo `provision`: remove what it made outside of its folder. Called after each run."""

    @classmethod
    def leftovers(cls) -> Sequence[str]:
        """Return the locations on the server that `provision` made and nobody disposed of."""
        return ()

    def enqueue(self, payload: Any, *args: Any, **options: Any) -> Any:
        """Add a task; return its id, or None."""
        raise self._undeclared("enqueue(self, payload)")

    def claim(self, worker: str, *args: Any, **options: Any) -> Answer[Claim | None]:
        """Take the next task; None means that no task is ready."""
        raise self._undeclared("claim(self, worker)")

    def complete(self, claim: Claim) -> Any:
        """Report that the work is done. False means refused."""
        raise self._undeclared("complete(self, claim)")

    def fail(self, claim: Claim, error: str, *args: Any, **options: Any) -> Any:
        """Report that the work failed. False means refused.

        With the option `retry`, False for a task that must not be tried again.
        """
        raise self._undeclared("fail(self, claim, error)")

    def extend(self, claim: Claim, seconds: float) -> Any:
        """Make the lease last `seconds` longer; return the new Claim. False means refused."""
        raise self._undeclared("extend(self, claim, seconds)")

    def release(self, claim: Claim) -> Any:
        """Give the task back, to be claimed again at once. False means refused."""
        raise self._undeclared("release(self, claim)")

    def cancel(self, task_id: Any) -> Any:
        """Remove a waiting task. False means refused."""
        raise self._undeclared("cancel(self, task_id)")

    def requeue(self, task_id: Any) -> Any:
        """Make a dead task claimable again, at once. False means refused."""
        raise self._undeclared("requeue(self, task_id)")

    def stats(self) -> Answer[Mapping[str, int]]:
        """Return the number of tasks in each state.

        A dict with any of the keys queued, leased, completed and dead, and of ready and waiting:
        the queued tasks whose time has come, and the others.
        """
        raise self._undeclared("stats(self)")

    def reclaim(self) -> Any:
        """Make tasks with an expired lease claimable, if `claim` does not do so itself."""
        raise self._undeclared("reclaim(self)")

    def purge(self) -> Any:
        """Delete all completed tasks."""
        raise self._undeclared("purge(self)")

    def dead_letters(self) -> Answer[Sequence[Any]]:
        """Return the payloads of the dead tasks."""
        raise self._undeclared("dead_letters(self)")

    def enqueue_many(self, payloads: Sequence[Any], *args: Any, **options: Any) -> Any:
        """Add several tasks in one step, all or none; return their ids, or None.

        With the option `keys`, a key or None for each task: its id is that of the task that holds
        the key.
        """
        raise self._undeclared("enqueue_many(self, payloads)")

    def claim_many(
        self, worker: str, limit: int, *args: Any, **options: Any
    ) -> Answer[Sequence[Claim]]:
        """Take at most `limit` tasks in one step."""
        raise self._undeclared("claim_many(self, worker, limit)")

    def backup(self, location: str) -> Any:
        """Write a usable copy of the queue to another location."""
        raise self._undeclared("backup(self, location)")

    def close(self) -> Answer[None]:
        """Release files and connections. A second call does nothing."""

    def _undeclared(self, signature: str) -> UndeclaredError:
        return UndeclaredError(f"{type(self).__name__} does not define {signature}")
