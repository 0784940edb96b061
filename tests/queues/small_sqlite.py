"""A correct queue in one SQLite file, for several processes; built without the reference queue.

Each decision has a method of its own, most of them a piece of SQL, so that a mutant can get one
thing wrong. Time is SQLite's, in seconds since the epoch.
"""

# ruff: noqa: S608 - the SQL is put together from this file's own pieces only

from __future__ import annotations

import json
import math
import os
import random
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import KeyHold, Liveness, Order, Payload, Retry

NOW = "((julianday('now') - 2440587.5) * 86400.0)"
PATIENCE = 20.0
"""Seconds to wait for the write lock."""

SCHEMA = """
    CREATE TABLE IF NOT EXISTS task (
        id INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT NOT NULL, priority INTEGER NOT NULL,
        due REAL NOT NULL, needs TEXT NOT NULL, max_attempts INTEGER NOT NULL,
        grp TEXT, lease REAL, attempts INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'queued',
        token INTEGER NOT NULL DEFAULT 0, lease_end REAL NOT NULL DEFAULT 0, error TEXT
    );
    CREATE INDEX IF NOT EXISTS task_by_turn ON task (state, priority, id);
    CREATE TABLE IF NOT EXISTS key (name TEXT PRIMARY KEY, task INTEGER NOT NULL);
"""


class RefusedError(Exception):
    """The queue said no, and nothing changed."""


class BusyError(Exception):
    """Another process kept the write lock for too long; nothing changed."""


class SmallSqliteQueue(QueueAdapter):
    """A queue in one SQLite file: leases with fencing tokens, retries, keys held for ever."""

    name = "small-sqlite"
    order = Order(priority="lower-first", ties="fifo")
    payload = Payload.TEXT
    liveness = Liveness.LEASE
    retry = Retry(max_attempts=5, first=1, factor=2, cap=300)
    key_hold = KeyHold.FOR_EVER
    resolution = 0.01
    refuses = (RefusedError,)
    busy = (BusyError,)
    own_lease: float | None = None
    """Seconds of the lease of each delivery of the next task, in a queue that leases by task."""

    def __init__(self, location: str) -> None:
        self.pid = os.getpid()
        self.connection = sqlite3.connect(
            location, timeout=0, isolation_level=None, check_same_thread=False
        )
        self.connection.create_function("matches", 2, self._matches)
        self.connection.create_function("wait", 1, self._wait)
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = NORMAL")  # enough for a crash of the process
        with self._atomically():
            for statement in SCHEMA.split(";"):
                self._run(statement)

    def enqueue(
        self,
        payload: str,
        *,
        priority: int = 100,
        delay: float = 0.0,
        key: str | None = None,
        group: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        max_attempts: int = 5,
    ) -> int:
        self._check_text(payload)
        self._check(priority=priority, delay=delay, max_attempts=max_attempts - 1)
        self._check_mapping(capabilities)
        needs = json.dumps(capabilities or {})
        row = (payload, priority, delay, needs, max_attempts, group, self.own_lease)
        with self._atomically():
            for (number,) in self._run("SELECT task FROM key WHERE name = ?", key):
                return int(number)
            insert = "INSERT INTO task (payload, priority, due, needs, max_attempts, grp, lease)"
            values = f"VALUES (?, ?, {NOW} + ?, ?, ?, ?, ?) RETURNING id"
            ((number,),) = self._run(f"{insert} {values}", *row)
            if key is not None:
                self._run("INSERT INTO key VALUES (?, ?)", key, number)
            return int(number)

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self._check(lease=lease, more_than_nothing=lease - 0.001)
        with self._atomically():
            self._return_expired()
            head = f"SELECT id FROM task WHERE {self._ready()} ORDER BY {self._turn()} LIMIT 1"
            end = f"{NOW} + {self._lease()}"
            taken = f"state = 'leased', token = {self._next_token()}, lease_end = {end}"
            rows = self._run(
                f"UPDATE task SET {taken} WHERE id = ({head}) RETURNING id, payload, token",
                *(lease, json.dumps(capabilities or {})),
            )
        for number, payload, token in rows:
            return Claim(task_id=number, payload=payload, worker=worker, token=token)
        return None

    def complete(self, claim: Claim) -> None:
        self._acknowledge(claim, "state = 'completed'")

    def fail(self, claim: Claim, error: str) -> None:
        due = f"{NOW} + wait(attempts + 1)"
        self._acknowledge(claim, f"error = ?, due = {due}, {self._count_attempt()}", error)

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._check(seconds=seconds)
        self._acknowledge(claim, f"lease_end = max(lease_end, {NOW}) + ?", seconds)
        return claim

    def release(self, claim: Claim) -> None:
        self._acknowledge(claim, f"state = 'queued', due = {NOW}")

    def cancel(self, task_id: Any) -> None:
        self._change("DELETE FROM task WHERE id = ? AND state = 'queued' RETURNING id", task_id)

    def requeue(self, task_id: Any) -> None:
        ready = f"state = 'queued', attempts = 0, error = NULL, due = {NOW}"
        self._change(
            f"UPDATE task SET {ready} WHERE id = ? AND state = 'dead' RETURNING id", task_id
        )

    def stats(self) -> Mapping[str, int]:
        counts = dict.fromkeys(("queued", "leased", "completed", "dead"), 0)
        return counts | dict(self._run("SELECT state, count(*) FROM task GROUP BY state"))

    def purge(self) -> None:
        with self._atomically():
            self._run("DELETE FROM task WHERE state = 'completed'")

    def dead_letters(self) -> Sequence[str]:
        return [row[0] for row in self._run("SELECT payload FROM task WHERE state = 'dead'")]

    def close(self) -> None:
        self.connection.close()

    # The decisions that a mutant may get wrong.

    def _ready(self) -> str:
        slot = f"(grp IS NULL OR {self._held_of_group()} < {self.group_limit})"
        return f"state = 'queued' AND {self._due()} AND {slot} AND matches(needs, ?)"

    def _held_of_group(self) -> str:
        alike = "SELECT count(*) FROM task AS other WHERE other.grp = task.grp"
        return f"({alike} AND other.state = 'leased')"

    def _due(self) -> str:
        return f"due <= {NOW}"

    def _turn(self) -> str:
        return "priority, id"

    def _lease(self) -> str:
        return "?"

    def _next_token(self) -> str:
        return "token + 1"

    def _held(self) -> str:
        return "state = 'leased' AND token = ?"

    def _expired(self) -> str:
        return f"lease_end <= {NOW}"

    def _count_attempt(self) -> str:
        return f"attempts = attempts + 1, state = iif({self._spent()}, 'dead', 'queued')"

    def _spent(self) -> str:
        return "attempts + 1 >= max_attempts"

    def _wait(self, failures: int) -> float:
        return self.retry.wait(failures)[0] if self.retry else 0.0

    def _matches(self, needs: str, capabilities: str) -> bool:
        offered = json.loads(capabilities)
        for key, value in json.loads(needs).items():
            has = offered.get(key)
            if has != value and not (isinstance(has, list) and value in has):
                return False
        return True

    def _return_expired(self) -> None:
        leased = f"state = 'leased' AND {self._expired()}"
        self._run(f"UPDATE task SET {self._count_attempt()} WHERE {leased}")

    @contextmanager
    def _atomically(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self._run("COMMIT")

    def _run(self, sql: str, *values: Any) -> list[Any]:
        """Run a statement; where it must wait for a lock, try again and again at random moments.

        SQLite's own waiting favours the lucky, and does not cover the switch to WAL.
        """
        if os.getpid() != self.pid:
            raise RefusedError("this instance was opened before a fork")
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() >= deadline:
                    raise BusyError(str(error)) from error
            time.sleep(random.uniform(0.0002, 0.002))  # noqa: S311 - no secret

    def _change(self, sql: str, *values: Any) -> None:
        with self._atomically():
            if not self._run(sql, *values):
                raise RefusedError(f"no such task: {values!r}")

    def _acknowledge(self, claim: Claim, changes: str, *values: Any) -> None:
        sql = f"UPDATE task SET {changes} WHERE id = ? AND {self._held()} RETURNING id"
        self._change(sql, *values, claim.task_id, claim.token)

    def _check_text(self, payload: Any) -> None:
        if type(payload) is not str or any("\ud800" <= letter <= "\udfff" for letter in payload):
            raise RefusedError(f"payload={payload!r:.40} must be text that UTF-8 can carry")

    def _check_mapping(self, capabilities: Any) -> None:
        if not isinstance(capabilities, Mapping | None):
            raise RefusedError(f"capabilities={capabilities!r:.40} must be a mapping")

    def _check(self, **numbers: float) -> None:
        for name, value in numbers.items():
            if isinstance(value, bool) or not math.isfinite(value) or not 0 <= value <= 10**9:
                raise RefusedError(f"{name}={value!r} must be a number from 0 to 10**9")


class SlowToStart(SmallSqliteQueue):
    """Takes a third of a second for the first call of an instance, as on a disk that stalls."""

    name = "slow-to-start"
    is_warm = False

    def _run(self, sql: str, *values: Any) -> list[Any]:
        if not self.is_warm and sql.lstrip().startswith("INSERT"):
            self.is_warm = True
            time.sleep(0.3)
        return super()._run(sql, *values)


class LeasesByTask(SmallSqliteQueue):
    """The producer says how long a worker may keep its task; a claim has no say in it."""

    name = "leases-by-task-in-sqlite"

    def enqueue(  # type: ignore[override]  # declares fewer options
        self,
        payload: str,
        *,
        lease: float = 45.0,
        delay: float = 0.0,
        key: str | None = None,
        max_attempts: int = 5,
    ) -> int:
        self._check(lease=lease, more_than_nothing=lease - 0.001)
        self.own_lease = lease
        return super().enqueue(payload, delay=delay, key=key, max_attempts=max_attempts)

    def claim(self, worker: str) -> Claim | None:  # type: ignore[override]  # takes no lease
        return super().claim(worker)

    def _lease(self) -> str:
        return "coalesce(lease, ?)"
