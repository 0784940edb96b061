"""Passes values to every call that a caller could get wrong."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, Task, TaskQueue
from tests.faults.attack import Attack
from tests.faults.tally import Tally
from tests.queue.world import Clock

CALLS = 400
LONGEST = 5000
"""Characters of a message: a path of 4,096 is shown in full."""


class _Hostile:
    """An object whose methods all fail."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no eq")

    def __hash__(self) -> int:
        raise RuntimeError("no hash")


def _recursive() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


def _deep() -> Any:
    value: Any = 1
    for _ in range(5000):
        value = [value]
    return value


def _values() -> list[Any]:
    numbers = [0, 1, -1, True, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400, 0.5, -0.0, 1e308]
    texts = [
        "",
        "t",
        "\0",
        "a\0b",
        "\ud800",
        "'; DROP TABLE task_queue; --",
        "é" * 1000,
        "x" * 10**6,
    ]
    others: list[Any] = [
        None,
        b"bytes",
        [],
        {},
        {"a": 1},
        {1: "a"},
        {"a": {2, 3}},
        (1, 2),
        {1},
        range(3),
    ]
    special = [
        math.nan, math.inf, -math.inf, dt.datetime(2030, 1, 1, tzinfo=dt.UTC), object(), _Hostile(),
        _recursive(), _deep(), Task, Task.from_dict({"id": 1, "type": "t"}), lambda: None, iter([]),
    ]  # fmt: skip
    return [*numbers, *texts, *others, *special]


def _calls(queue: TaskQueue, rng: random.Random) -> list[Callable[[], object]]:
    def value() -> Any:
        return rng.choice(_values())

    def maybe(name: str) -> dict[str, Any]:
        return {name: value()} if rng.random() < 0.5 else {}

    task = queue.claim("w") or Task.from_dict({"id": 1, "type": "t", "lease_token": 1})
    return [
        lambda: queue.enqueue(value(), value()),
        lambda: queue.enqueue("t", value()),
        lambda: queue.enqueue("t", None, **maybe("priority"), **maybe("delay")),
        lambda: queue.enqueue("t", None, **maybe("idempotency_key"), **maybe("max_attempts")),
        lambda: queue.enqueue("t", None, compatibility=value()),
        lambda: queue.enqueue_many("t", value()),
        lambda: queue.enqueue_many("t", [value(), None], **maybe("idempotency_keys")),
        lambda: queue.claim(value(), **maybe("capabilities"), **maybe("lease_seconds")),
        lambda: queue.claim("w", **maybe("strategy")),
        lambda: queue.claim_many("w", limit=value()),
        lambda: queue.complete(value()),
        lambda: queue.complete(task, value()),
        lambda: queue.fail(task, value(), retry=value()),
        lambda: queue.extend(task, value()),
        lambda: queue.release(value()),
        lambda: queue.cancel(value()),
        lambda: queue.requeue(value()),
        lambda: queue.get(value()),
        lambda: queue.dead_letters(value()),
        lambda: queue.heartbeat(value(), **maybe("capabilities")),
        lambda: queue.stale_workers(value()),
        lambda: queue.forget_worker(value()),
        lambda: queue.log(value(), value(), value(), value()),
        lambda: queue.logs(value()),
        lambda: queue.purge(value(), **maybe("statuses")),
        lambda: queue.archive(value(), **maybe("statuses")),
        lambda: queue.backup(value()),
    ]


def _batch(number: int, limit: int, folder: Path) -> Tally:
    tally, rng = Tally(), random.Random(number)
    os.chdir(folder)  # some values are the names of files
    with QueueDatabase(folder / "hostile.db", clock=Clock()) as db:
        queue = TaskQueue(db, rng=rng)
        queue.enqueue_many("t", range(10))  # takes the ids that the values could name
        kept = queue.enqueue("kept", {"a": 1}, delay=10**6)
        for case in range(min(limit, CALLS)):
            calls = _calls(queue, rng)
            place = rng.randrange(len(calls))
            tally.tried += 1
            try:
                calls[place]()
            except QueueDatabaseError as error:
                if len(str(error)) > LONGEST:
                    tally.report(
                        "wrong", f"call {place}: a message of {len(str(error))} characters"
                    )
            except Exception as error:  # noqa: BLE001 - this is what the attack looks for
                tally.report(
                    "wrong", f"batch {number}, case {case}: call {place} raised {error!r:.200}"
                )
        if json.loads(queue.get(kept).payload) != {"a": 1}:
            tally.report("lost", "the kept task changed")
        for problem in queue.integrity_check():
            tally.report("damaged", problem)
        for row in db.execute("SELECT payload FROM task_queue").fetchall():
            json.loads(row[0])
    return tally


HOSTILE = Attack(
    name="hostile",
    model="values of wrong type, size, encoding and range, for each argument of each call",
    checked="the call works, or raises an error of the queue with a short message and changes "
    "nothing; the other tasks stay as they are",
    batches=25,
    run=_batch,
)
