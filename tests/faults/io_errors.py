"""Fails each operation on the queue's files once, or from there to the end of the call."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit.queue import (
    QueueDatabase,
    QueueDatabaseError,
    QueueOutcomeUnknownError,
    TaskQueue,
)
from tests.faults.attack import Attack, spread
from tests.faults.cases import Send, forked, judge_file, remove
from tests.faults.disk import ERRORS, OK, FileOperation, ObservedDisk
from tests.faults.tally import Tally
from tests.faults.workload import State, Workload, states

CALLS = 40


class _Failing:
    """Fails the operation number `point`, and the later ones too if `lasts`, until healed.

    The operations are counted in all kinds of errors: a write can fail in two ways, so it counts
    twice.
    """

    def __init__(self, point: int, *, lasts: bool) -> None:
        self.count = 0
        self.failed: str = ""
        self.is_healed = False
        self._point = point
        self._lasts = lasts

    def __call__(self, operation: FileOperation) -> int:
        if self.is_healed:
            return OK
        for code in ERRORS[operation.kind]:
            self.count += 1
            if self.count == self._point or (self._lasts and self.failed):
                self.failed = self.failed or f"{operation.kind} ended with {code}"
                return code
        return OK


def _victim(path: Path, seed: int, point: int, send: Send) -> None:
    """Make the calls until one fails; send what it left behind."""
    failing = _Failing(point, lasts=point % 2 == 0)
    with ObservedDisk().observed(failing):
        load = Workload(path, seed, synchronous="FULL")
        calls = load.calls(CALLS)
        try:
            for _ in calls:
                send("done")
        except QueueDatabaseError as error:
            failing.is_healed = True
            is_unknown = isinstance(error, QueueOutcomeUnknownError)
            send(f"error {'unknown' if is_unknown else 'refused'} {failing.failed}: {error}")
            _use(load.db)
        failing.is_healed = True
        load.db.close()
    send(f"points {failing.count}")


def _use(db: QueueDatabase) -> None:
    """Write on the connection that failed, and leave no trace."""
    task_id = TaskQueue(db).enqueue("next", None)
    with db.transaction() as conn:
        conn.execute("DELETE FROM task_queue WHERE id = ?", (task_id,))


def _batch(number: int, limit: int, folder: Path) -> Tally:
    tally, path = Tally(), folder / "victim.db"
    passed = states(folder, number, CALLS)
    whole = forked(lambda send: _victim(path, number, 0, send))
    for point in spread(int(whole.lines[-1].split()[-1]), limit):
        remove(path)
        ended = forked(lambda send, point=point: _victim(path, number, point, send))  # type: ignore[misc] # bound point
        where = f"seed {number}, error at point {point}"
        if ended.error:
            tally.tried += 1
            tally.report("wrong", f"{where}: {ended.error.splitlines()[-1]}")
            continue
        _judge(ended.lines, path, tally, passed, where)
    return tally


def _judge(lines: list[str], path: Path, tally: Tally, passed: list[State], where: str) -> None:
    done = lines.count("done")
    errors = [line for line in lines if line.startswith("error ")]
    is_unknown = bool(errors) and errors[0].startswith("error unknown")
    judge_file(
        path,
        tally,
        passed,
        least=done,
        most=done + (is_unknown or not done),  # _use() makes the tables too
        where=f"{where} ({errors[0][6:]})" if errors else where,
    )


IO_ERRORS = Attack(
    name="io-errors",
    model="an error of each read, write, sync, truncation, deletion and open, once or lasting",
    checked="an error of the queue; acknowledged calls are kept, a refused call changed nothing; "
    "the connection goes on",
    batches=10,
    run=_batch,
    needs_observed_disk=True,
)
