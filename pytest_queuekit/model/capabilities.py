"""The promises that a queue can make, as data: an adapter declares them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from typing import Literal

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter_form import Declaration, check_choice, check_seconds, is_seconds


class Guarantee(enum.Enum):
    """How often a task may reach a worker when something breaks."""

    AT_LEAST_ONCE = "at-least-once"
    AT_MOST_ONCE = "at-most-once"


class Durability(enum.Enum):
    """The failures that an accepted task survives."""

    POWER_LOSS = "power loss"
    PROCESS_CRASH = "process crash"
    NONE = "nothing"


class Payload(enum.Enum):
    """The domain of payloads that the queue promises to carry unchanged.

    JSON: as JSON gives them back, so that a tuple may become a list, and the key 1 the key "1".
    OBJECT: what Python's pickle carries.
    INTEGER: whole numbers from 1 to 2**63 - 1, such as the ids of rows.
    """

    JSON = "json"
    TEXT = "text"
    BYTES = "bytes"
    OBJECT = "object"
    INTEGER = "integer"


class Liveness(enum.Enum):
    """How the queue notices that a worker died.

    LEASE: the worker's time is over. HEARTBEAT: the worker falls silent; `extend` is a beat, and an
    instance may beat by itself. PROCESS: the worker's process ended; a stopped process has not.
    NONE: not at all, so that its task stays with it.
    """

    LEASE = "lease"
    HEARTBEAT = "heartbeat"
    PROCESS = "process"
    NONE = "not at all"


class Sharing(enum.Enum):
    """The threads and processes that may use one queue at the same time."""

    PROCESSES = "several processes, an instance each"
    THREADS = "the threads of one process, one instance"
    NONE = "one thread"


class KeyHold(enum.Enum):
    """How long an idempotency key keeps a second task out."""

    UNTIL_CLAIM = "until its task is claimed"
    UNTIL_COMPLETION = "until completion"
    FOR_A_TIME = "for a time after its enqueue"
    FOR_EVER = "for ever"

    @property
    def outlives_task(self) -> bool:
        """True if a key may be held although its task is over."""
        return self in (KeyHold.FOR_A_TIME, KeyHold.FOR_EVER)


class KeyConflict(enum.Enum):
    """The effect of an enqueue with an idempotency key that a waiting task holds."""

    KEEP = "the first task stays as it is"
    REPLACE = "the waiting task gets the new payload"
    REFUSE = "the enqueue is refused"


class Capability(enum.StrEnum):
    """One thing that a queue can do. Rules ask for these, never for a queue's name."""

    PRIORITY = "priority"
    FIFO = "fifo"
    LIFO = "lifo"
    DELAY = "delay"
    KEY = "key"
    KEY_UNTIL_CLAIM = "key-until-claim"
    KEY_WHILE_CLAIMED = "key-while-claimed"
    KEY_FOR_A_TIME = "key-for-a-time"
    KEY_CONFLICT = "key-conflict"
    BATCH_KEYS = "batch-keys"
    GROUP = "group"
    EXPIRES = "expires"
    REDELIVERY = "redelivery"
    LEASE = "lease"
    LEASE_OPTION = "lease-option"
    BATCH_LEASE = "batch-lease"
    TASK_LEASE = "task-lease"
    ROUTING = "capabilities"
    RETRY = "retry"
    MAX_ATTEMPTS = "max_attempts"
    SINGLE_ATTEMPT = "single-attempt"
    SECOND_ATTEMPT = "second-attempt"
    DEATHS_COUNT = "deaths"
    FINAL_FAILURE = "final-failure"
    COMPLETE = "complete"
    FAIL = "fail"
    EXTEND = "extend"
    RELEASE = "release"
    CANCEL = "cancel"
    REQUEUE = "requeue"
    STATS = "stats"
    RECLAIM = "reclaim"
    PURGE = "purge"
    DEAD_LETTERS = "dead_letters"
    ENQUEUE_MANY = "enqueue_many"
    CLAIM_MANY = "claim_many"
    FULL_BATCHES = "full-batches"
    BACKUP = "backup"
    AT_LEAST_ONCE = "at-least-once"
    AT_MOST_ONCE = "at-most-once"
    DURABLE = "durable"
    RECOVERY = "recovery"
    NOTICES_DEATH = "notices-death"
    FORKS = "forks"
    HEARTBEAT = "heartbeat"
    JSON_PAYLOAD = "json-payload"
    TEXT_PAYLOAD = "text-payload"
    BYTES_PAYLOAD = "bytes-payload"
    OBJECT_PAYLOAD = "object-payload"
    INTEGER_PAYLOAD = "integer-payload"
    SIZED_PAYLOAD = "sized-payload"
    THREADS = "threads"
    PROCESSES = "processes"


@dataclass(frozen=True, kw_only=True)
class Order(Declaration):
    """The order in which waiting tasks are claimed.

    priority: which end of the scale goes first; None if tasks have no priority.
    ties: the order of tasks of one priority, by enqueue: "fifo", "lifo" or "none".
    redelivery: the place of a released or retried task among those of its priority: its "original"
        place, the "head" or the "tail" of those that wait when it comes back; None if undeclared.
    resolution: seconds; two tasks that were enqueued closer together may come in either order.
    """

    priority: Literal["lower-first", "higher-first"] | None = None
    ties: Literal["fifo", "lifo", "none"] = "fifo"
    redelivery: Literal["original", "head", "tail"] | None = None
    resolution: float = 0.0

    def __post_init__(self) -> None:
        check_choice("Order: priority", self.priority, ("lower-first", "higher-first", None))
        check_choice("Order: ties", self.ties, ("fifo", "lifo", "none"))
        check_choice("Order: redelivery", self.redelivery, ("original", "head", "tail", None))
        check_seconds("Order: resolution", self.resolution)
        if self.ties == "none" and (self.redelivery or self.resolution):
            raise AdapterError(
                "Order: redelivery and resolution have no effect with ties='none', which promises "
                "no order among equals"
            )


@dataclass(frozen=True, kw_only=True)
class Retry(Declaration):
    """The attempts that a task gets, and the waits between them.

    max_attempts: failures after which a task is dead. With 1, a failed task is not tried again.
    first: seconds before the second attempt.
    factor: by which each further wait grows.
    cap: seconds that no wait exceeds.
    jitter: share by which a wait may be shorter or longer, 0 to 1.
    counts_deaths: True if the death of a worker counts as a failure; otherwise the queue may count
        it or not.
    """

    max_attempts: int
    first: float = 0.0
    factor: float = 1.0
    cap: float = float("inf")
    jitter: float = 0.0
    counts_deaths: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.max_attempts, int) or self.max_attempts < 1:
            raise AdapterError(
                f"Retry: max_attempts={self.max_attempts!r} must be a whole number of at least 1"
            )
        check_seconds("Retry: first", self.first)
        if self.cap != float("inf"):
            check_seconds("Retry: cap", self.cap)
        if not is_seconds(self.factor):
            raise AdapterError(f"Retry: factor={self.factor!r} must be a finite number from 0 on")
        if not is_seconds(self.jitter) or self.jitter > 1:
            raise AdapterError(f"Retry: jitter={self.jitter!r} must be a share from 0 to 1")

    def wait(self, failures: int) -> tuple[float, float]:
        """Return the shortest and the longest wait, in seconds, after `failures` failures."""
        plain = min(self.first * self.factor ** (failures - 1), self.cap)
        return plain * (1 - self.jitter), plain * (1 + self.jitter)


def declaration(declared: Order | Retry, *names: str) -> str:
    """Return a declaration as source text: `Retry(max_attempts=3, first=10)`.

    names: the fields to show; by default those that differ from their defaults.
    """
    shown = [
        f"{field.name}={getattr(declared, field.name)!r}"
        for field in fields(declared)
        if (field.name in names if names else getattr(declared, field.name) != field.default)
    ]
    return f"{type(declared).__name__}({', '.join(shown)})"
