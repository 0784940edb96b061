"""Queues that a hostile argument changes, stops, or deceives."""

from __future__ import annotations

import fnmatch
import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.domains import Integers
from tests.queues.memory import MemoryQueue, RefusedError, Task
from tests.queues.small_sqlite import BusyError, SmallSqliteQueue
from tests.queues.small_sqlite import RefusedError as SmallRefusedError


class _Impatient(SmallSqliteQueue):
    """Does not wait for a lock, so that a lock that is never released shows at once."""

    def _run(self, sql: str, *values: Any) -> list[Any]:
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise BusyError(str(error)) from error


class RollsBackWhatItRefusedOnly(_Impatient):
    """Rolls back after its own refusals, and leaves the transaction open after any other error."""

    name = "rolls-back-what-it-refused-only"

    @contextmanager
    def _atomically(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
        except SmallRefusedError:
            self.connection.rollback()
            raise
        self._run("COMMIT")


class FailsWithAnOpenTransaction(_Impatient):
    """Begins a transaction before it looks at the error of a failed task."""

    name = "fails-with-an-open-transaction"

    def fail(self, claim: Claim, error: str) -> None:
        self._run("BEGIN IMMEDIATE")
        text = error.encode().decode()
        self._run("ROLLBACK")
        super().fail(claim, text)


class LosesTheTaskOfABadLease(MemoryQueue):
    """Takes a task, and then looks at the lease that was asked for."""

    name = "loses-the-task-of-a-bad-lease"

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        if name != "lease":
            super()._check_seconds(name, value, least)

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        task.state, task.lease_end = "leased", math.inf
        super()._check_seconds("lease", lease, 0.001)
        return super()._lease(task, worker, lease)


class BrokenByTheNameOfAWorker(SmallSqliteQueue):
    """Puts the name of the worker into its SQL, and never ends the transaction that fails."""

    name = "broken-by-the-name-of-a-worker"

    def claim(self, worker: str, **options: Any) -> Claim | None:
        self._run(f"SELECT '{worker}'")
        return super().claim(worker, **options)

    def _run(self, sql: str, *values: Any) -> list[Any]:
        if sql.count("'") % 2:
            self.connection.execute("BEGIN IMMEDIATE")
        return _Impatient._run(self, sql, *values)  # type: ignore[arg-type]  # its sibling's method


class _AnyPriority(MemoryQueue):
    """Takes any number for a priority, as the kit's own queue in memory does not."""

    def _check_number(self, name: str, value: int, least: int) -> None:
        if name != "priority":
            super()._check_number(name, value, least)
        elif isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise RefusedError(f"priority={value!r} must be a number")


class ZeroIsTheDefault(_AnyPriority):
    """Takes priority 0 for none, which means 100."""

    name = "zero-is-the-default"

    def _order_key(self, task: Task) -> tuple[int, int]:
        return task.priority or 100, task.number


class RoundsPriorities(_AnyPriority):
    """Sorts by the whole part of a priority."""

    name = "rounds-priorities"

    def _order_key(self, task: Task) -> tuple[int, int]:
        whole = abs(task.priority) < 10**9
        return int(task.priority) if whole else task.priority, task.number


class SortsByHowFarFromZero(_AnyPriority):
    """Forgets the sign of a priority."""

    name = "sorts-by-how-far-from-zero"

    def _order_key(self, task: Task) -> tuple[int, int]:
        return abs(task.priority), task.number


class CancelsByPattern(MemoryQueue):
    """Cancels every waiting task whose id matches a text."""

    name = "cancels-by-pattern"

    def cancel(self, task_id: Any) -> None:
        if not isinstance(task_id, str):
            super().cancel(task_id)
            return
        pattern = task_id.replace("%", "*")
        for task in self._waiting():
            if fnmatch.fnmatch(str(task.number), pattern):
                super().cancel(task.number)


class CancelsAllForNothing(SmallSqliteQueue):
    """Leaves the condition out if the id is empty or None."""

    name = "cancels-all-for-nothing"

    def cancel(self, task_id: Any) -> None:
        if task_id:
            super().cancel(task_id)
        else:
            self._run("DELETE FROM task WHERE state = 'queued'")


class NoLimitBelowZero(MemoryQueue):
    """Takes a limit below 0 for no limit."""

    name = "no-limit-below-zero"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        return super().claim_many(worker, limit if isinstance(limit, float) or limit > 0 else 1000)


class AsksThePayloadForTruth(MemoryQueue):
    """Takes a payload that is not true for an empty queue; the task stays with the worker."""

    name = "asks-the-payload-for-truth"

    def claim(self, worker: str, **options: Any) -> Claim | None:
        claim = super().claim(worker, **options)
        return claim if claim is not None and claim.payload else None


class SharesEqualPayloads(MemoryQueue):
    """Keeps one copy of equal payloads in a dict, in which 1, 1.0 and True are one key."""

    name = "shares-equal-payloads"

    def _decode(self, text: str) -> Any:
        payload = super()._decode(text)
        if isinstance(payload, bool | int | float):
            return self._kept().setdefault(payload, payload)
        return payload

    def _kept(self) -> dict[Any, Any]:
        kept: dict[Any, Any] = vars(self.store).setdefault("kept", {})
        return kept


class WritesFloats(MemoryQueue):
    """Writes a bare number as a float, which ends at 53 bits."""

    name = "writes-floats"

    def _encode(self, payload: Any) -> str:
        text = super()._encode(payload)
        return json.dumps(float(payload)) if type(payload) is int else text


class BatchEmptiesBareValues(MemoryQueue):
    """Takes a bare value in a batch that is not true for an empty mapping."""

    name = "batch-empties-bare-values"

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        return super().enqueue_many([payload or {} for payload in payloads], **options)


class AnEmptyKeyIsNone(MemoryQueue):
    """Takes the empty key for none."""

    name = "an-empty-key-is-none"

    def _holder_of(self, key: str | None) -> Task | None:
        return super()._holder_of(key or None)


class CutsKeysAtNul(MemoryQueue):
    """Compares keys up to the first NUL, as C does."""

    name = "cuts-keys-at-nul"

    def _keep(self, task: Task) -> None:
        if task.key is not None:
            task.key = task.key.partition("\0")[0]
        super()._keep(task)

    def _holder_of(self, key: str | None) -> Task | None:
        return super()._holder_of(None if key is None else key.partition("\0")[0])


class RefusesAndLeavesHalf(MemoryQueue):
    """Keeps a batch up to the payload that it refuses."""

    name = "refuses-and-leaves-half"

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        return [self.enqueue(payload) for payload in payloads]

    def _keep(self, task: Task) -> None:
        super()._keep(task)
        if task.key is not None and "\0" in task.key:
            raise RefusedError(f"key={task.key!r} has a NUL")


class StoresIdsAsFloats(Integers):
    """Keeps the ids that it carries as floating-point numbers."""

    name = "stores-ids-as-floats"

    def _decode(self, text: str) -> Any:
        return int(float(text))


class TakesAllNumbers(Integers):
    """Takes any number, and carries it as one of 64 bits."""

    name = "takes-all-numbers"

    def _encode(self, payload: Any) -> str:
        return str(int(payload) & (2**63 - 1))


MUTANTS = (
    mutant(RollsBackWhatItRefusedOnly, "VALUE-1"),
    mutant(RefusesAndLeavesHalf, "VALUE-1", also=("ENQUEUE",)),
    mutant(LosesTheTaskOfABadLease, "VALUE-2", also=("LEASE",)),
    mutant(BrokenByTheNameOfAWorker, "VALUE-2", also=("CLAIM",)),
    mutant(FailsWithAnOpenTransaction, "VALUE-3"),
    mutant(ZeroIsTheDefault, "VALUE-4"),
    mutant(RoundsPriorities, "VALUE-4"),
    mutant(SortsByHowFarFromZero, "VALUE-4"),
    mutant(CancelsByPattern, "VALUE-5"),
    mutant(CancelsAllForNothing, "VALUE-5"),
    mutant(NoLimitBelowZero, "VALUE-6"),
    mutant(AsksThePayloadForTruth, "VALUE-7"),
    mutant(SharesEqualPayloads, "VALUE-7"),
    mutant(WritesFloats, "VALUE-7"),
    mutant(BatchEmptiesBareValues, "VALUE-7"),
    mutant(StoresIdsAsFloats, "VALUE-7"),
    mutant(TakesAllNumbers, "VALUE-7"),
    mutant(AnEmptyKeyIsNone, "VALUE-8"),
    mutant(CutsKeysAtNul, "VALUE-8"),
)
