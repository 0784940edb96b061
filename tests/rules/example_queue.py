"""A correct queue in one SQLite table, into which the examples of the rules are put.

An example replaces methods of `ExampleQueue` or one of its statements. Each side of an example is a
class of this module, such as `wrong_ACK_6`, which is made on demand, in other processes too.
"""

from __future__ import annotations

import functools  # noqa: F401 - for the examples
import inspect
import json
import os
import pickle
import shutil  # noqa: F401 - for the examples
import sqlite3
import textwrap
import threading  # noqa: F401 - for the examples
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress  # noqa: F401 - for the examples
from dataclasses import replace
from datetime import datetime, timedelta  # noqa: F401 - for the examples
from decimal import Decimal  # noqa: F401 - for the examples
from pathlib import Path
from typing import Any, ClassVar

from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import (
    Guarantee,  # noqa: F401 - for the examples
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Payload,
    Retry,
)
from pytest_queuekit.rules.examples.catalogue import example_of
from pytest_queuekit.rules.examples.example import TABLE, Example

STATEMENTS = {
    "enqueue": """
        INSERT INTO task
            (payload, priority, delay, due, expires, lease, key, grp, needs, max_attempts)
        VALUES (:payload, :priority, :delay, :due, :expires, :lease, :key, :grp, :needs,
            :max_attempts)
        RETURNING id
    """,
    "enqueue: look up the key": """
        SELECT id FROM task WHERE key = :key AND state IN ('queued', 'leased')
    """,
    "claim: choose the task": """
        SELECT id FROM task AS t
        WHERE state = 'queued' AND due <= :now AND matches(needs, :capabilities)
            AND (expires IS NULL OR expires > :now OR token > 0)
            AND NOT EXISTS (SELECT 1 FROM task WHERE grp = t.grp AND state = 'leased')
        ORDER BY priority, id LIMIT 1
    """,
    "claim: take the task": """
        UPDATE task SET state = 'leased', worker = :worker, token = token + 1,
            lease_end = :lease_end
        WHERE id = :id RETURNING payload, token
    """,
    "complete": """
        UPDATE task SET state = 'completed'
        WHERE id = :id AND state = 'leased' AND token = :token
    """,
    "fail": """
        UPDATE task SET error = :error, attempts = attempts + 1,
            due = :now + wait(attempts + 1),
            state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
        WHERE id = :id AND state = 'leased' AND token = :token
    """,
    "give up": """
        UPDATE task SET error = :error, attempts = attempts + 1, state = 'dead'
        WHERE id = :id AND state = 'leased' AND token = :token
    """,
    "extend": """
        UPDATE task SET lease_end = max(lease_end, :now) + :seconds
        WHERE id = :id AND state = 'leased' AND token = :token
    """,
    "release": """
        UPDATE task SET state = 'queued'
        WHERE id = :id AND state = 'leased' AND token = :token
    """,
    "requeue": """
        UPDATE task SET state = 'queued', attempts = 0, due = :now
        WHERE id = :id AND state = 'dead'
    """,
    "cancel": "DELETE FROM task WHERE id = :id AND state = 'queued'",
    "reclaim": """
        UPDATE task SET attempts = attempts + 1,
            state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
        WHERE state = 'leased' AND lease_end <= :now
    """,
    "purge": "DELETE FROM task WHERE state = 'completed'",
    "stats": "SELECT state, count(*) FROM task GROUP BY state",
    "dead letters": "SELECT payload FROM task WHERE state = 'dead'",
}
"""The statements of the calls, under the names with which an example in SQL begins."""


class RefusedError(Exception):
    """The queue said no, and nothing changed."""


class BusyError(Exception):
    """Another connection kept the write lock for too long; nothing changed."""


class ExampleQueue(QueueAdapter):
    """The queue that the examples are changes to; it keeps every rule.

    statements: what the calls run.
    prepared: True if a new queue has its table before the first instance opens it.
    timeout: seconds to wait for the write lock.
    gap: seconds before each statement that has a transaction to itself, so that a step of
        another actor comes between two steps that should be one.
    """

    name = "example"
    order = Order(priority="lower-first", ties="fifo")
    liveness = Liveness.LEASE
    retry: ClassVar[Retry | None] = Retry(max_attempts=5, first=1, factor=2, cap=300)
    key_hold = KeyHold.UNTIL_COMPLETION
    resolution = 0.01
    refuses = (RefusedError,)
    busy = (BusyError,)

    statements: Mapping[str, str] = STATEMENTS
    prepared = True
    timeout: float = 20.0
    gap = 0.0
    backlog = 0

    @classmethod
    def provision(cls, folder: Path) -> str:
        location = super().provision(folder)
        with closing(sqlite3.connect(location)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            if cls.prepared:
                db.execute(TABLE)
        return location

    def __init__(self, location: str) -> None:
        self.location = location
        self.taken: list[Claim] = []
        self.db = sqlite3.connect(
            location, timeout=self.timeout, isolation_level=None, check_same_thread=False
        )
        self.db.create_function("matches", 2, self._matches)
        self.db.create_function("wait", 1, self.wait)
        self.open()

    def open(self) -> None:
        self.run(TABLE)

    def close(self) -> None:
        self.db.close()

    # The calls.

    def enqueue(
        self,
        payload: Any,
        *,
        priority: int = 100,
        delay: float = 0.0,
        expires: float | None = None,
        key: str | None = None,
        group: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        max_attempts: int = 5,
    ) -> Any:
        needs = json.dumps(capabilities or {})
        self.backlog += 1
        with self.transaction():
            return self.holder(key) or self.insert(
                payload,
                priority=priority,
                delay=delay,
                expires=None if expires is None else time.time() + expires,
                key=key,
                grp=group,
                needs=needs,
                max_attempts=max_attempts,
            )

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        with self.transaction():
            self.run(self.statements["reclaim"], worker=worker)
            task_id = self.first_waiting(worker, capabilities)
            return None if task_id is None else self.take(task_id, worker, lease)

    def complete(self, claim: Claim) -> None:
        self.acknowledge("complete", claim)

    def fail(self, claim: Claim, error: str) -> None:
        self.acknowledge("fail", claim, error=error)

    def extend(self, claim: Claim, seconds: float) -> None:
        if isinstance(seconds, bool) or not 0 < seconds <= 10**6:
            raise RefusedError(f"seconds={seconds!r}")
        self.acknowledge("extend", claim, seconds=seconds)

    def release(self, claim: Claim) -> None:
        self.acknowledge("release", claim)

    def cancel(self, task_id: Any) -> None:
        self._change("cancel", id=task_id)

    def requeue(self, task_id: Any) -> None:
        self._change("requeue", id=task_id)

    def stats(self) -> Mapping[str, int]:
        counts = dict.fromkeys(("queued", "leased", "completed", "dead"), 0)
        rows = self.run(self.statements["stats"])
        return counts | {state: count for state, count in rows if state in counts}

    def reclaim(self) -> None:
        self.run(self.statements["reclaim"], worker=None)

    def purge(self) -> None:
        self.run(self.statements["purge"])

    def dead_letters(self) -> Sequence[Any]:
        return [self.decode(row[0]) for row in self.run(self.statements["dead letters"])]

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> Any:
        given = keys or [None] * len(payloads)
        with self.transaction():
            return [
                self.holder(key) or self.insert(payload, key=key)
                for payload, key in zip(payloads, given, strict=True)
            ]

    def claim_many(self, worker: str, limit: int) -> list[Claim]:
        claims: list[Claim] = []
        with self.transaction():
            while len(claims) < limit and (claim := ExampleQueue.claim(self, worker)):
                claims.append(claim)
        return claims

    def backup(self, location: str) -> None:
        with closing(sqlite3.connect(location)) as copy:
            self.db.backup(copy)

    # The methods that the examples call or replace.

    def run(self, sql: str, **values: Any) -> list[Any]:
        if self.gap and not self.db.in_transaction:
            time.sleep(self.gap)
        try:
            return self._execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise BusyError(str(error)) from error
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self.db.in_transaction:
            yield
            return
        self.run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.rollback()
            raise
        self.run("COMMIT")

    def insert(self, payload: Any, *, delay: float = 0.0, **columns: Any) -> Any:
        plain = dict.fromkeys(("expires", "lease", "key", "grp"))
        plain |= {"priority": 100, "needs": "{}", "max_attempts": 5}
        row = {"payload": self.encode(payload), "delay": delay, "due": self.due(delay)}
        ids = self.run(self.statements["enqueue"], **plain | row | columns)
        return ids[0][0] if ids else None

    def first_waiting(
        self, worker: str = "", capabilities: Mapping[str, Any] | None = None
    ) -> int | None:
        offered = json.dumps(capabilities or {})
        rows = self.run(
            self.statements["claim: choose the task"], worker=worker, capabilities=offered
        )
        return rows[0][0] if rows else None

    def take(self, task_id: Any, worker: str, lease: float = 60.0) -> Claim:
        values = {"id": task_id, "worker": worker, "lease": lease}
        ((payload, token),) = self.run(
            self.statements["claim: take the task"], lease_end=self.lease_end(lease), **values
        )
        return Claim(task_id=task_id, payload=self.decode(payload), worker=worker, token=token)

    def waiting_ids(self) -> list[int]:
        ready = """
            SELECT id FROM task WHERE state = 'queued' AND due <= :now ORDER BY priority, id
        """
        return [row[0] for row in self.run(ready)]

    def holder(self, key: str | None) -> int | None:
        rows = self.run(self.statements["enqueue: look up the key"], key=key)
        return rows[0][0] if rows else None

    def acknowledge(self, name: str, claim: Claim, **values: Any) -> None:
        self._change(name, id=claim.task_id, token=claim.token, worker=claim.worker, **values)

    def is_late(self, claim: Claim) -> bool:
        ended = "SELECT 1 FROM task WHERE id = :id AND lease_end <= :now"
        return bool(self.run(ended, id=claim.task_id))

    def count(self, state: str) -> int:
        counted = "SELECT count(*) FROM task WHERE state = :state"
        return int(self.run(counted, state=state)[0][0])

    def encode(self, payload: Any) -> Any:
        text = json.dumps(payload, allow_nan=False)
        if repr(json.loads(text)) != repr(payload):
            raise RefusedError(f"payload={payload!r:.40} would not come back equal from JSON")
        return text

    def decode(self, column: Any) -> Any:
        return json.loads(column)

    def due(self, delay: float) -> float:
        if not 0 <= delay <= 10**9:
            raise RefusedError(f"delay={delay!r}")
        return time.time() + delay

    def lease_end(self, lease: float) -> float:
        if isinstance(lease, bool) or not 0.001 <= lease <= 10**6:
            raise RefusedError(f"lease={lease!r}")
        return time.time() + lease

    def wait(self, failures: int) -> float:
        return self.retry.wait(failures)[0] if self.retry else 0.0

    def matches(self, needs: Mapping[str, Any], offered: Mapping[str, Any]) -> bool:
        for name, value in needs.items():
            has = offered.get(name)
            if value not in (has if isinstance(has, list) else [has]):
                return False
        return True

    def _matches(self, needs: str, offered: str) -> bool:
        return self.matches(json.loads(needs), json.loads(offered))

    def _change(self, name: str, **values: Any) -> None:
        with self.transaction():
            changed = self._execute(self.statements[name], values).rowcount
        if not changed:
            raise RefusedError(f"{name}: nothing to change for {values!r:.80}")

    def _execute(self, sql: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        return self.db.execute(sql, {"now": time.time(), **values})


class _Texts(ExampleQueue):
    payload = Payload.TEXT

    def encode(self, payload: Any) -> Any:
        return payload

    def decode(self, column: Any) -> Any:
        return column


class _Bytes(_Texts):
    payload = Payload.BYTES


class _Objects(_Texts):
    payload = Payload.OBJECT

    def encode(self, payload: Any) -> Any:
        return pickle.dumps(payload)

    def decode(self, column: Any) -> Any:
        return pickle.loads(column)  # noqa: S301 - our own bytes


class _Stack(ExampleQueue):
    order = Order(priority="lower-first", ties="lifo")


class _InPlace(ExampleQueue):
    order = Order(priority="lower-first", ties="fifo", redelivery="original")


class _WithoutLimit(ExampleQueue):
    retry = None


class _LeasedByTask(ExampleQueue):
    def enqueue(  # type: ignore[override]  # declares fewer options
        self, payload: Any, *, lease: float | None = None, max_attempts: int = 5
    ) -> Any:
        if lease is not None:
            self.lease_end(lease)
        with self.transaction():
            return self.insert(payload, lease=lease, max_attempts=max_attempts)


class _HonoursTaskLeases(_LeasedByTask):
    def take(self, task_id: Any, worker: str, lease: float = 60.0) -> Claim:
        ((own,),) = self.run("SELECT lease FROM task WHERE id = :id", id=task_id)
        return super().take(task_id, worker, lease if own is None else own)

    def lease_end(self, lease: float) -> float:
        return time.time() + lease


class _HeldUntilClaim(ExampleQueue):
    key_hold = KeyHold.UNTIL_CLAIM


class _HeldForATime(ExampleQueue):
    key_hold = KeyHold.FOR_A_TIME
    key_conflict = KeyConflict.KEEP
    key_seconds = 60.0


class _Replacing(ExampleQueue):
    key_conflict = KeyConflict.REPLACE


class _Impatient(ExampleQueue):
    timeout = 0.1


class _Watching(ExampleQueue):
    liveness = Liveness.PROCESS
    notice_seconds = 1.0
    statements: Mapping[str, str] = {
        **STATEMENTS,
        "reclaim": STATEMENTS["reclaim"].replace("lease_end <= :now", "NOT is_alive(worker)"),
    }

    def open(self) -> None:
        self.db.create_function("is_alive", 1, lambda worker: self.is_alive(int(worker)))
        super().open()

    def take(self, task_id: Any, worker: str, lease: float = 60.0) -> Claim:
        return replace(super().take(task_id, str(os.getpid()), lease), worker=worker)

    def is_alive(self, pid: int) -> bool:
        status = Path(f"/proc/{pid}/status")
        return status.exists() and "(zombie)" not in status.read_text(encoding="utf-8")


class _Listening(ExampleQueue):
    liveness = Liveness.HEARTBEAT
    notice_seconds = 1.0

    def claim(
        self, worker: str, *, lease: float = 1.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        return super().claim(worker, lease=lease, capabilities=capabilities)


class _Forked(ExampleQueue):
    def open(self) -> None:
        self.pid = os.getpid()
        self.taken: list[Any] = []
        super().open()

    def take(self, task_id: Any, worker: str, lease: float = 60.0) -> Claim:
        self.taken.append(task_id)
        return super().take(task_id, worker, lease)

    def give_back(self, task_ids: Sequence[Any]) -> None:
        for task_id in task_ids:
            back = "UPDATE task SET state = 'queued' WHERE state = 'leased' AND id = :id"
            self.run(back, id=task_id)


class _ForkedInAHurry(_Forked):
    timeout = 0.1


class _Indexed(ExampleQueue):
    statements: Mapping[str, str] = {
        **STATEMENTS,
        "claim: promote": """
            UPDATE task SET state = 'queued' WHERE state = 'later' AND due <= :now
        """,
    }

    def open(self) -> None:
        super().open()
        for name, columns in (
            ("ready", "(priority, id) WHERE state = 'queued'"),
            ("later", "(due) WHERE state = 'later'"),
            ("leased", "(lease_end) WHERE state = 'leased'"),
            ("keyed", "(key)"),
            ("grouped", "(grp, state)"),
        ):
            self.run(f"CREATE INDEX IF NOT EXISTS {name} ON task {columns}")

    def first_waiting(
        self, worker: str = "", capabilities: Mapping[str, Any] | None = None
    ) -> int | None:
        self.run(self.statements["claim: promote"])
        return super().first_waiting(worker, capabilities)


class _WithoutLeasedIndex(_Indexed):
    def open(self) -> None:
        super().open()
        self.run("DROP INDEX leased")


class _Raced(ExampleQueue):
    gap = 0.001


class _RacedToOpen(_Raced):
    prepared = False


class _SlowlyRaced(ExampleQueue):
    gap = 0.01


_BASES: Mapping[str, type[ExampleQueue]] = {
    **dict.fromkeys(("ENQUEUE-5", "ENQUEUE-6", "ENQUEUE-8"), _Texts),
    "ENQUEUE-7": _Bytes,
    **dict.fromkeys(("ENQUEUE-12", "ENQUEUE-13"), _Objects),
    **dict.fromkeys(("ORDER-2", "ORDER-5"), _Stack),
    "ORDER-11": _WithoutLimit,
    "ORDER-12": _InPlace,
    **dict.fromkeys(("KEY-9", "KEY-12", "GROUP-5", "GROUP-6"), _Raced),
    "LEASE-14": _LeasedByTask,
    **dict.fromkeys(("LEASE-15", "LEASE-16"), _HonoursTaskLeases),
    "KEY-13": _HeldUntilClaim,
    "KEY-14": _Replacing,
    **dict.fromkeys(("KEY-16", "KEY-17"), _HeldForATime),
    **dict.fromkeys(("VALUE-1", "VALUE-3", "RACE-21"), _Impatient),
    **{f"GROWTH-{number}": _Indexed for number in (*range(1, 8), 9)},
    "GROWTH-5": _WithoutLeasedIndex,
    "RACE-8": _RacedToOpen,
    "RACE-22": ExampleQueue,
    "DURABLE-10": _SlowlyRaced,
    **dict.fromkeys(("FORK-1", "FORK-2", "FORK-4"), _Forked),
    "FORK-3": _ForkedInAHurry,
    **dict.fromkeys(("CRASH-2", "CRASH-5", "CRASH-6"), _Watching),
    **dict.fromkeys(("CRASH-3", "CRASH-4"), _Listening),
}


def base_of(rule_id: str) -> type[ExampleQueue]:
    """Return the queue that the example of a rule changes."""
    return _BASES.get(rule_id, _Raced if rule_id.startswith("RACE-") else ExampleQueue)


def queue_of(rule_id: str, side: str) -> type[ExampleQueue]:
    """Return the queue with one side of an example, "wrong" or "right", put in."""
    example = example_of(rule_id)
    assert example is not None
    name = f"{side}_{rule_id.replace('-', '_')}"
    if name not in _MADE:
        _MADE[name] = _make(name, example, getattr(example, side), base_of(rule_id))
    return _MADE[name]


_MADE: dict[str, type[ExampleQueue]] = {}


def statement_name(sql: str) -> str:
    """Return the name in the comment that an example in SQL begins with."""
    return sql.splitlines()[0].removeprefix("--").strip()


def _make(
    name: str, example: Example, snippet: str, base: type[ExampleQueue]
) -> type[ExampleQueue]:
    if example.language == "sql":
        body = f"statements = { ({**base.statements, statement_name(snippet): snippet})!r}"
    else:
        body = snippet
    place = dict(globals()) | {"BASE": base}
    exec(f"class {name}(BASE):\n{textwrap.indent(body, '    ')}", place)  # noqa: S102 - ours
    made: type[ExampleQueue] = place[name]
    if "lease" not in inspect.signature(made.claim).parameters:
        made.lease_seconds = 60.0
    return made


def __getattr__(name: str) -> type[ExampleQueue]:
    """Let other processes find the class of an example by its name."""
    side, _, rule = name.partition("_")
    if side not in ("wrong", "right"):
        raise AttributeError(name)
    return queue_of(rule.replace("_", "-"), side)
