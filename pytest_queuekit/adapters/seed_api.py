"""Makes an adapter of any module with the seed's API.

The seed is the queue package in a team's own tree, such as `Client.Backend.src.queue`. A copy of
the reference queue is used through its TaskQueue. Any other module is used as the seed's
documentation shows: SQL enqueues and completes tasks, and a claimer claims them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Liveness, Order, Payload

NEEDED = ("QueueDatabase", "TaskClaimerFactory", "SchedulingStrategy")
"""The names that a module with the seed's API has."""

_ENQUEUE = (
    "INSERT INTO task_queue "
    "(type, status, priority, payload, created_at_utc, run_after_utc) "
    "VALUES ('task', 'queued', ?, ?, datetime('now'), datetime('now', ?)) RETURNING id"
)
_COMPLETE = "UPDATE task_queue SET status = 'completed' WHERE id = ?"
_STATS = "SELECT status, COUNT(*) FROM task_queue GROUP BY status"
_STATES = {"processing": "leased", "failed": "dead"}


def adapt(module: ModuleType) -> type[QueueAdapter]:
    """Return an adapter of the queue in a module. Raises UsageError if the module has none."""
    lacking = [name for name in NEEDED if not hasattr(module, name)]
    if lacking:
        raise UsageError(
            f"module {module.__name__!r} lacks {', '.join(lacking)} of the reference queue's API"
        )
    return _adapt_copy(module) if hasattr(module, "TaskQueue") else _adapt_seed(module)


def _adapt_copy(module: ModuleType) -> type[QueueAdapter]:
    from pytest_queuekit.adapters.reference import ReferenceQueue

    # A copy has exceptions of its own; an older one may lack some.
    own = {
        attribute: tuple(
            getattr(module, error.__name__)
            for error in getattr(ReferenceQueue, attribute)
            if hasattr(module, error.__name__)
        )
        for attribute in ("refuses", "busy")
    }
    return _named(ReferenceQueue, module, distribution=None, **own)


def _adapt_seed(module: ModuleType) -> type[QueueAdapter]:
    busy = getattr(module, "QueueBusyError", None)
    return _named(SeedApiQueue, module, busy=() if busy is None else (busy,))


def _named(
    base: type[QueueAdapter], module: ModuleType, **attributes: object
) -> type[QueueAdapter]:
    """Derive a class that is named after its module, for the report."""
    own = {"name": module.__name__, "module": module, "__module__": __name__, **attributes}
    return type(base.__name__, (base,), own)


class SeedApiQueue(QueueAdapter):
    """A module with the seed's API, used as its documentation shows (Patterns 1 to 4).

    Its users write payloads as JSON themselves, so the adapter declares text. A completion names
    only the task, so the queue cannot tell which worker completed it.
    """

    module: ClassVar[ModuleType]
    payload = Payload.TEXT
    order = Order(priority="lower-first", ties="fifo")
    liveness = Liveness.LEASE
    refuses = (sqlite3.IntegrityError,)

    def __init__(self, location: str) -> None:
        self.db = self.module.QueueDatabase(location)
        self.db.initialize_schema()
        strategy = self.module.SchedulingStrategy.PRIORITY
        self.claimer = self.module.TaskClaimerFactory.create(strategy, self.db)

    def enqueue(self, payload: str, *, priority: int = 100, delay: float = 0.0) -> Any:
        # SQLite truncates to whole seconds: one more second, so that no task is due too early.
        after = f"+{delay + 1} seconds" if delay else "+0 seconds"
        with self.db.transaction() as conn:
            row = conn.execute(_ENQUEUE, (priority, json.dumps(payload), after)).fetchone()
            return row[0]

    def claim(self, worker: str, *, lease: float = 60.0) -> Claim | None:
        task = self.claimer.claim_task(worker, {}, lease_seconds=lease)
        if task is None:
            return None
        return Claim(task_id=task.id, payload=task.get_payload(), worker=worker)

    def complete(self, claim: Claim) -> None:
        with self.db.transaction() as conn:
            conn.execute(_COMPLETE, (claim.task_id,))

    def stats(self) -> Mapping[str, int]:
        counts = dict.fromkeys(("queued", "leased", "completed", "dead"), 0)
        with self.db.connection() as conn:
            for status, count in conn.execute(_STATS).fetchall():
                counts[_STATES.get(status, status)] = count
        return counts

    def close(self) -> None:
        self.db.close()
