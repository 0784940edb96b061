"""Queues that make trouble for a driver: they hang, crash, print, or follow another clock."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import Sharing
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import BusyError, SmallSqliteQueue

NEVER = threading.Event()
"""Is never set."""


class Hangs(SmallSqliteQueue):
    """Never returns from a completion."""

    name = "hangs"

    def complete(self, claim: Claim) -> None:
        NEVER.wait()


class ClaimsSlowly(SmallSqliteQueue):
    """Takes 0.2 s for a claim."""

    name = "claims-slowly"

    def claim(self, worker: str, **options: Any) -> Claim | None:
        time.sleep(0.2)
        return super().claim(worker, **options)


class HangsAtOpening(SmallSqliteQueue):
    """Never returns from opening, except the first time."""

    name = "hangs-at-opening"

    def __init__(self, location: str) -> None:
        if Path(location).exists():
            NEVER.wait()
        super().__init__(location)


class Crashes(SmallSqliteQueue):
    """Ends its process in the middle of a completion, as broken native code does."""

    name = "crashes"

    def complete(self, claim: Claim) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


class Leaves(SmallSqliteQueue):
    """Ends its process in the middle of a completion, in silence."""

    name = "leaves"

    def complete(self, claim: Claim) -> None:
        os._exit(3)


class Exits(SmallSqliteQueue):
    """Calls sys.exit() in a completion, as scripts that became libraries do."""

    name = "exits"

    def complete(self, claim: Claim) -> None:
        sys.exit("wrong usage")


class Shut(SmallSqliteQueue):
    """Can be opened only once."""

    name = "shut"

    def __init__(self, location: str) -> None:
        if Path(location).exists():
            raise PermissionError("one is enough")
        super().__init__(location)


class Prints(SmallSqliteQueue):
    """Writes to standard output, and reads from standard input."""

    name = "prints"

    def claim(self, worker: str, **options: Any) -> Claim | None:
        print("ready\ndone\nfailed", flush=True)  # noqa: T201 - what this queue is about
        os.write(1, b"done\n")
        sys.stdin.read()
        return super().claim(worker, **options)


class OneThread(MemoryQueue):
    """Is declared for one thread."""

    name = "one-thread"
    sharing = Sharing.NONE


class RacesInMemory(MemoryQueue):
    """Chooses a task and takes it without a lock between, in plain Python."""

    name = "races-in-memory"

    def claim(self, worker: str, **options: Any) -> Claim | None:
        ready = min(self._waiting(), key=self._order_key, default=None)
        return None if ready is None else self._lease(ready, worker, 60.0)


_connect = sqlite3.connect


class OwnClock(SmallSqliteQueue):
    """Follows a clock that the kit does not control: it took the function at import."""

    name = "own-clock"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.connection.close()
        self.connection = _connect(location, isolation_level=None, check_same_thread=False)
        self.connection.create_function("matches", 2, self._matches)
        self.connection.create_function("wait", 1, self._wait)


class Monotonic(MemoryQueue):
    """Follows Python's monotonic clock."""

    name = "monotonic"

    def _now(self) -> float:
        return time.monotonic()


class LongLease(Monotonic):
    """Follows Python's monotonic clock, with a fixed lease of an hour."""

    name = "long-lease"
    lease_seconds = 3600.0


class WithoutSchemaFunctions(SmallSqliteQueue):
    """Forbids its schema to use functions of the application, and fails under a virtual clock."""

    name = "without-schema-functions"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._run(
            "CREATE TRIGGER IF NOT EXISTS stamp AFTER INSERT ON task BEGIN "
            "UPDATE task SET error = datetime('now') WHERE id = new.id; END"
        )
        self._run("PRAGMA trusted_schema = OFF")


class Impatient(SmallSqliteQueue):
    """Answers with busy as soon as another process holds the lock."""

    name = "impatient"

    def _run(self, sql: str, *values: Any) -> list[Any]:
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise BusyError(str(error)) from error
