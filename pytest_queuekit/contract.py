"""What a queue promises, and the adapter through which the kit reaches it.

Three things have a `claim`: the queue itself, the adapter described here, and the recorder
that stands in front of the adapter and writes down what happened.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pytest_queuekit.errors import AdapterError, UndeclaredError
from pytest_queuekit.form import CALLS, check_call, check_choice, check_errors


class Guarantee(enum.Enum):
    """How often a task may reach a worker when something breaks."""

    AT_LEAST_ONCE = "at-least-once"
    AT_MOST_ONCE = "at-most-once"


class Durability(enum.Enum):
    """What an acknowledged task survives."""

    POWER_LOSS = "power loss"
    PROCESS_CRASH = "process crash"
    NONE = "nothing"


class Payload(enum.Enum):
    """The domain of payloads that the queue promises to carry unchanged."""

    JSON = "json"
    TEXT = "text"
    BYTES = "bytes"


class Liveness(enum.Enum):
    """How the queue notices that a worker died."""

    LEASE = "lease"
    HEARTBEAT = "heartbeat"
    PROCESS = "process"
    NONE = "not at all"


class Sharing(enum.Enum):
    """Who may use one queue at the same time."""

    PROCESSES = "several processes, an instance each"
    THREADS = "the threads of one process, one instance"
    NONE = "one thread"


class KeyHold(enum.Enum):
    """How long an idempotency key keeps a second task out."""

    UNTIL_COMPLETION = "until completion"
    FOR_EVER = "for ever"


class Capability(enum.StrEnum):
    """One thing that a queue can do. Rules ask for these, never for a queue's name."""

    PRIORITY = "priority"
    FIFO = "fifo"
    LIFO = "lifo"
    DELAY = "delay"
    KEY = "key"
    LEASE = "lease"
    LEASE_OPTION = "lease-option"
    ROUTING = "capabilities"
    RETRY = "retry"
    MAX_ATTEMPTS = "max_attempts"
    COMPLETE = "complete"
    FAIL = "fail"
    EXTEND = "extend"
    RELEASE = "release"
    CANCEL = "cancel"
    STATS = "stats"
    RECLAIM = "reclaim"
    PURGE = "purge"
    DEAD_LETTERS = "dead_letters"
    ENQUEUE_MANY = "enqueue_many"
    CLAIM_MANY = "claim_many"
    BACKUP = "backup"
    AT_LEAST_ONCE = "at-least-once"
    AT_MOST_ONCE = "at-most-once"
    DURABLE = "durable"
    JSON_PAYLOAD = "json-payload"
    TEXT_PAYLOAD = "text-payload"
    BYTES_PAYLOAD = "bytes-payload"
    THREADS = "threads"
    PROCESSES = "processes"


@dataclass(frozen=True, kw_only=True)
class Order:
    """In which order waiting tasks are claimed.

    priority: which end of the scale goes first; None where tasks have no priority.
    ties: the order of tasks of one priority, by enqueue: "fifo", "lifo" or "none".
    """

    priority: Literal["lower-first", "higher-first"] | None = None
    ties: Literal["fifo", "lifo", "none"] = "fifo"

    def __post_init__(self) -> None:
        check_choice("Order: priority", self.priority, ("lower-first", "higher-first", None))
        check_choice("Order: ties", self.ties, ("fifo", "lifo", "none"))


@dataclass(frozen=True, kw_only=True)
class Retry:
    """What happens to a task that failed.

    max_attempts: failures after which a task is dead.
    first: seconds before the second attempt.
    factor: by which each further wait grows.
    cap: seconds that no wait exceeds.
    jitter: share by which a wait may be shorter or longer, 0 to 1.
    """

    max_attempts: int
    first: float = 0.0
    factor: float = 1.0
    cap: float = float("inf")
    jitter: float = 0.0

    def wait(self, failures: int) -> tuple[float, float]:
        """Return the shortest and the longest wait, in seconds, after so many failures."""
        plain = min(self.first * self.factor ** (failures - 1), self.cap)
        return plain * (1 - self.jitter), plain * (1 + self.jitter)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One delivery of a task to a worker.

    task_id: the queue's own id, None where it has none.
    payload: what the queue handed out.
    worker: to whom.
    attempt: the queue's count, information only; None where it does not count.
    token: what tells this delivery from the next one of the same task; None where there is none.
    handle: whatever the adapter needs to acknowledge this delivery; the kit never looks at it.
    """

    task_id: Any
    payload: Any
    worker: str
    attempt: int | None = None
    token: Any = None
    handle: Any = None


class QueueAdapter:
    """The form in which the kit reaches a queue. Derive from it, and define what the queue can do.

    `enqueue` and `claim` must be defined; every other method, and every option of these two
    (`priority`, `delay`, `key`, `capabilities`, `max_attempts` of `enqueue`; `lease`,
    `capabilities` of `claim`), is declared by being there. All times are in seconds.

    An adapter translates and does nothing else: no retries, no locks, no swallowed errors.
    (`*args` stands in signatures below only so that type checkers accept a class's own options.)
    """

    name: ClassVar[str] = ""
    distribution: ClassVar[str | None] = None
    """The name under which the queue is installed, for its version in the report."""
    order: ClassVar[Order] = Order()
    guarantee: ClassVar[Guarantee] = Guarantee.AT_LEAST_ONCE
    durability: ClassVar[Durability] = Durability.PROCESS_CRASH
    payload: ClassVar[Payload] = Payload.JSON
    liveness: ClassVar[Liveness] = Liveness.NONE
    sharing: ClassVar[Sharing] = Sharing.PROCESSES
    retry: ClassVar[Retry | None] = None
    key_hold: ClassVar[KeyHold] = KeyHold.UNTIL_COMPLETION
    lease_seconds: ClassVar[float | None] = None
    """The lease of every claim, where `claim` has no option `lease`."""
    resolution: ClassVar[float] = 1.0
    """Seconds by which the queue may notice late that a time has come."""
    refuses: ClassVar[tuple[type[BaseException], ...]] = ()
    """Errors that mean "no, and nothing changed"."""
    busy: ClassVar[tuple[type[BaseException], ...]] = ()
    """Errors that mean "not now, and nothing changed"."""
    limitations: ClassVar[tuple[str, ...]] = ()
    """What the queue documents that it does not do, each with its source."""

    def __init__(self, location: str) -> None:
        raise UndeclaredError(f"{type(self).__name__} must define __init__(self, location)")

    @classmethod
    def provision(cls, folder: Path) -> str:
        """Return a location for a new queue inside an empty private folder."""
        return str(folder / "queue.db")

    def enqueue(self, payload: Any, *args: Any, **options: Any) -> Any:
        """Add a task; return its id, or None."""
        raise self._undeclared("enqueue(self, payload)")

    def claim(self, worker: str, *args: Any, **options: Any) -> Claim | None:
        """Take the next task; None means that there is none."""
        raise self._undeclared("claim(self, worker)")

    def complete(self, claim: Claim) -> Any:
        """Acknowledge that the work is done. False means refused."""
        raise self._undeclared("complete(self, claim)")

    def fail(self, claim: Claim, error: str) -> Any:
        """Acknowledge that the work failed. False means refused."""
        raise self._undeclared("fail(self, claim, error)")

    def extend(self, claim: Claim, seconds: float) -> Any:
        """Make the lease last `seconds` longer; return the new Claim, or False: refused."""
        raise self._undeclared("extend(self, claim, seconds)")

    def release(self, claim: Claim) -> Any:
        """Give the task back, to be claimed again at once. False means refused."""
        raise self._undeclared("release(self, claim)")

    def cancel(self, task_id: Any) -> Any:
        """Take a waiting task out of the queue. False means refused."""
        raise self._undeclared("cancel(self, task_id)")

    def stats(self) -> Mapping[str, int]:
        """Count the tasks: keys among queued, leased, completed, dead."""
        raise self._undeclared("stats(self)")

    def reclaim(self) -> Any:
        """Make tasks with an expired lease claimable, where claims do not do that themselves."""
        raise self._undeclared("reclaim(self)")

    def purge(self) -> Any:
        """Delete all completed tasks."""
        raise self._undeclared("purge(self)")

    def dead_letters(self) -> Sequence[Any]:
        """Return the payloads of the tasks that are dead."""
        raise self._undeclared("dead_letters(self)")

    def enqueue_many(self, payloads: Sequence[Any]) -> Any:
        """Add several tasks in one step; return their ids, or None."""
        raise self._undeclared("enqueue_many(self, payloads)")

    def claim_many(self, worker: str, limit: int) -> Sequence[Claim]:
        """Take at most `limit` tasks in one step."""
        raise self._undeclared("claim_many(self, worker, limit)")

    def backup(self, location: str) -> Any:
        """Write a usable copy of the queue to another location."""
        raise self._undeclared("backup(self, location)")

    def close(self) -> None:
        """Let go of files and connections."""

    def _undeclared(self, signature: str) -> UndeclaredError:
        return UndeclaredError(f"{type(self).__name__} does not define {signature}")


_OPTIONAL_METHODS = (
    Capability.COMPLETE,
    Capability.FAIL,
    Capability.EXTEND,
    Capability.RELEASE,
    Capability.CANCEL,
    Capability.STATS,
    Capability.RECLAIM,
    Capability.PURGE,
    Capability.DEAD_LETTERS,
    Capability.ENQUEUE_MANY,
    Capability.CLAIM_MANY,
    Capability.BACKUP,
)
_PAYLOADS = {
    Payload.JSON: Capability.JSON_PAYLOAD,
    Payload.TEXT: Capability.TEXT_PAYLOAD,
    Payload.BYTES: Capability.BYTES_PAYLOAD,
}


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What one adapter class declares, as plain data for rules, monitors and reports.

    The fields are those of `QueueAdapter`; `capabilities` is what follows from them and from
    the methods and options that the class defines.
    """

    name: str
    order: Order
    guarantee: Guarantee
    durability: Durability
    payload: Payload
    liveness: Liveness
    sharing: Sharing
    retry: Retry | None
    key_hold: KeyHold
    lease_seconds: float | None
    resolution: float
    limitations: tuple[str, ...]
    capabilities: frozenset[Capability]

    @classmethod
    def of(cls, adapter: type[QueueAdapter]) -> Contract:
        """Read what an adapter class declares. Raises AdapterError for a class that has no form."""
        _check_form(adapter)
        return cls(
            name=adapter.name,
            order=adapter.order,
            guarantee=adapter.guarantee,
            durability=adapter.durability,
            payload=adapter.payload,
            liveness=adapter.liveness,
            sharing=adapter.sharing,
            retry=adapter.retry,
            key_hold=adapter.key_hold,
            lease_seconds=adapter.lease_seconds,
            resolution=adapter.resolution,
            limitations=adapter.limitations,
            capabilities=frozenset(_capabilities(adapter)),
        )

    def lacks(self, needs: Sequence[Capability]) -> tuple[Capability, ...]:
        """Return those of the needed capabilities that are not declared."""
        return tuple(need for need in needs if need not in self.capabilities)


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "order": Order,
    "guarantee": Guarantee,
    "durability": Durability,
    "payload": Payload,
    "liveness": Liveness,
    "sharing": Sharing,
    "retry": (Retry, type(None)),
    "key_hold": KeyHold,
    "lease_seconds": (int, float, type(None)),
    "resolution": (int, float),
    "refuses": tuple,
    "busy": tuple,
    "limitations": tuple,
}


def _check_form(adapter: type[QueueAdapter]) -> None:
    where = f"{adapter.__module__}:{adapter.__qualname__}"
    if not adapter.name:
        raise AdapterError(f"{where} has no name: give the class a `name`")
    for attribute, kind in _KINDS.items():
        value = getattr(adapter, attribute)
        if not isinstance(value, kind):
            kinds = kind if isinstance(kind, tuple) else (kind,)
            wanted = " or ".join(one.__name__ for one in kinds)
            raise AdapterError(f"{where}: {attribute}={value!r} must be of type {wanted}")
    for method in ("__init__", "enqueue", "claim"):
        if not _defines(adapter, method):
            raise AdapterError(f"{where} must define {method}()")
    for attribute in ("refuses", "busy"):
        check_errors(where, attribute, getattr(adapter, attribute))
    for method in CALLS:
        if _defines(adapter, method):
            check_call(where, method, inspect.getattr_static(adapter, method))


def _defines(adapter: type[QueueAdapter], method: str) -> bool:
    return getattr(adapter, method) is not getattr(QueueAdapter, method)


def _capabilities(adapter: type[QueueAdapter]) -> set[Capability]:
    enqueue = inspect.signature(adapter.enqueue).parameters
    claim = inspect.signature(adapter.claim).parameters
    leased = adapter.liveness is Liveness.LEASE
    declared = {
        Capability.PRIORITY: adapter.order.priority is not None and "priority" in enqueue,
        Capability.FIFO: adapter.order.ties == "fifo",
        Capability.LIFO: adapter.order.ties == "lifo",
        Capability.DELAY: "delay" in enqueue,
        Capability.KEY: "key" in enqueue,
        Capability.LEASE: leased and ("lease" in claim or adapter.lease_seconds is not None),
        Capability.LEASE_OPTION: leased and "lease" in claim,
        Capability.ROUTING: "capabilities" in enqueue and "capabilities" in claim,
        Capability.RETRY: adapter.retry is not None and _defines(adapter, "fail"),
        Capability.MAX_ATTEMPTS: "max_attempts" in enqueue,
        Capability.AT_LEAST_ONCE: adapter.guarantee is Guarantee.AT_LEAST_ONCE,
        Capability.AT_MOST_ONCE: adapter.guarantee is Guarantee.AT_MOST_ONCE,
        Capability.DURABLE: adapter.durability is not Durability.NONE,
        Capability.THREADS: adapter.sharing is not Sharing.NONE,
        Capability.PROCESSES: adapter.sharing is Sharing.PROCESSES,
        _PAYLOADS[adapter.payload]: True,
    }
    by_method = {one for one in _OPTIONAL_METHODS if _defines(adapter, one.value)}
    return by_method | {capability for capability, held in declared.items() if held}
