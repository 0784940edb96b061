"""Correct queues without leases: they notice a dead worker by its process or by its silence."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import Liveness
from tests.queues.small_sqlite import NOW, SmallSqliteQueue


class WatchesProcesses(SmallSqliteQueue):
    """Takes a task back when the process of its worker has ended. Linux only."""

    name = "watches-processes"
    liveness = Liveness.PROCESS
    notice_seconds = 1.0

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.connection.create_function("is_alive", 1, self._is_alive)
        with self._atomically():
            if "holder" not in {row[1] for row in self._run("PRAGMA table_info (task)")}:
                self._run("ALTER TABLE task ADD COLUMN holder TEXT")

    def _next_token(self) -> str:
        return f"token + 1, holder = '{self._identity(os.getpid())}'"

    def _expired(self) -> str:
        return "NOT is_alive(holder)"

    def _is_alive(self, holder: str) -> bool:
        return self._identity(int(holder.partition(" ")[0])) == holder

    def _identity(self, pid: int) -> str:
        """Return the process and its start; empty for one that has ended, reaped or not."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        state, *fields = stat.rpartition(") ")[2].split()
        return "" if state in "ZX" else f"{pid} {fields[18]}"


class Listens(SmallSqliteQueue):
    """Takes a task back when its worker has not called `extend` for a second."""

    name = "listens"
    liveness = Liveness.HEARTBEAT
    notice_seconds = 1.0

    def claim(
        self, worker: str, *, lease: float = 1.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        return super().claim(worker, lease=lease, capabilities=capabilities)

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._check(seconds=seconds)
        self._acknowledge(claim, f"lease_end = {NOW} + ?", seconds)
        return claim


class BeatsByItself(Listens):
    """Has a thread that beats for the tasks of its instance five times a second."""

    name = "beats-by-itself"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.held: dict[Any, Claim] = {}
        self.closed = threading.Event()
        self.heart = threading.Thread(target=self._beat, args=(location,), daemon=True)
        self.heart.start()

    def claim(
        self, worker: str, *, lease: float = 1.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        if claim is not None:
            self.held[claim.task_id] = claim
        return claim

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        self._let_go(claim)

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        self._let_go(claim)

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self._let_go(claim)

    def _let_go(self, claim: Claim) -> None:
        # Another worker of this instance may have received the task in the meantime.
        if self.held.get(claim.task_id) is claim:
            self.held.pop(claim.task_id, None)

    def close(self) -> None:
        self.closed.set()
        self.heart.join()
        super().close()

    def _beat(self, location: str) -> None:
        voice = Listens(location)
        while not self.closed.wait(0.2):
            for claim in list(self.held.values()):
                voice._run(
                    f"UPDATE task SET lease_end = {NOW} + 1 WHERE id = ? AND {self._held()}",  # noqa: S608 - no user's text
                    *(claim.task_id, claim.token),
                )
        voice.close()


WATCHED = (WatchesProcesses, Listens, BeatsByItself)
