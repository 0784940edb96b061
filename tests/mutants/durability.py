"""Queues that forget when an instance closes."""

from __future__ import annotations

from tests.mutants.mutant import mutant
from tests.queues.small_sqlite import NOW, SmallSqliteQueue


class ForgetsOnClosing(SmallSqliteQueue):
    """Deletes the last task when an instance closes, as if it had not been flushed."""

    name = "forgets-on-closing"

    def close(self) -> None:
        self._run("DELETE FROM task WHERE state = 'queued' AND id = (SELECT max(id) FROM task)")
        super().close()


class CompletionIsNotFlushed(SmallSqliteQueue):
    """Takes completions back when an instance closes."""

    name = "completion-is-not-flushed"

    def close(self) -> None:
        self._run("UPDATE task SET state = 'queued' WHERE state = 'completed'")
        super().close()


class ClosesWithTheLeaseRunning(SmallSqliteQueue):
    """Takes completions back when an instance closes; their leases run on."""

    name = "closes-with-the-lease-running"

    def close(self) -> None:
        self._run("UPDATE task SET state = 'leased' WHERE state = 'completed'")
        super().close()


class RobsOnOpening(SmallSqliteQueue):
    """Puts held tasks back when it is opened after another instance has closed."""

    name = "robs-on-opening"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        if self._run("PRAGMA user_version")[0][0]:
            self._run("UPDATE task SET state = 'queued' WHERE state = 'leased'")

    def close(self) -> None:
        self._run("PRAGMA user_version = 1")
        super().close()


class RestartsAtOne(SmallSqliteQueue):
    """Puts the tasks that are enqueued after a restart before the older ones."""

    name = "restarts-at-one"

    def close(self) -> None:
        self._run("UPDATE task SET priority = priority + 1 WHERE id > 10")
        super().close()


class TimersEndWithTheProcess(SmallSqliteQueue):
    """Makes all delayed tasks due when an instance closes."""

    name = "timers-end-with-the-process"

    def close(self) -> None:
        self._run(f"UPDATE task SET due = {NOW} WHERE error IS NULL")  # noqa: S608 - no user's text
        super().close()


class KeysEndWithTheProcess(SmallSqliteQueue):
    """Forgets all keys when an instance closes."""

    name = "keys-end-with-the-process"

    def close(self) -> None:
        self._run("DELETE FROM key")
        super().close()


class ForgetsAttempts(SmallSqliteQueue):
    """Forgets how often tasks failed when an instance closes."""

    name = "forgets-attempts"

    def close(self) -> None:
        self._run("UPDATE task SET attempts = 0, state = iif(state = 'dead', 'queued', state)")
        super().close()


MUTANTS = (
    mutant(ForgetsOnClosing, "DURABLE-1", also=("DURABLE-2", "DURABLE-4", "DURABLE-6")),
    mutant(CompletionIsNotFlushed, "DURABLE-2"),
    mutant(ClosesWithTheLeaseRunning, "DURABLE-2"),
    mutant(RobsOnOpening, "DURABLE-3"),
    mutant(RestartsAtOne, "DURABLE-4"),
    mutant(TimersEndWithTheProcess, "DURABLE-5"),
    mutant(KeysEndWithTheProcess, "DURABLE-6"),
    mutant(ForgetsAttempts, "DURABLE-7"),
)
