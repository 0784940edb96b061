"""Kills the process at every SQL statement, and at every operation on its files."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.faults.attack import Attack, spread
from tests.faults.cases import Send, forked, judge_file, remove
from tests.faults.disk import OK, FileOperation, ObservedDisk
from tests.faults.tally import Tally
from tests.faults.workload import Synchronous, Workload, states

CALLS = 60

Victim = Callable[[Path, int, int, Send], None]
"""Makes the calls of a seed, and dies at a point; at point 0, it sends the number of points."""


def _at_statements(path: Path, seed: int, point: int, send: Send) -> None:
    reached = _Countdown(point)

    def connected(conn: sqlite3.Connection) -> None:
        conn.set_trace_callback(lambda sql: reached())

    _work(Workload(path, seed, on_connect=connected), send)
    send(f"points {reached.count}")


def _at_file_operations(path: Path, seed: int, point: int, send: Send) -> None:
    reached = _Countdown(point)

    def observer(operation: FileOperation) -> int:
        if operation.kind != "read":
            reached()
        return OK

    with ObservedDisk().observed(observer):
        _work(Workload(path, seed, synchronous=_level(seed)), send)
    send(f"points {reached.count}")


class _Countdown:
    """Kills the process when it is called for the n-th time."""

    def __init__(self, last: int) -> None:
        self.count = 0
        self._last = last

    def __call__(self) -> None:
        self.count += 1
        if self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def _work(load: Workload, send: Send) -> None:
    for name in load.calls(CALLS):
        send(name)
    load.db.close()


def _level(seed: int) -> Synchronous:
    return "FULL" if seed % 2 else "NORMAL"


def _batch(victim: Victim) -> Callable[[int, int, Path], Tally]:
    def run(number: int, limit: int, folder: Path) -> Tally:
        tally, path = Tally(), folder / "victim.db"
        passed = states(folder, number, CALLS)
        whole = forked(lambda send: victim(path, number, 0, send))
        if whole.error:
            raise RuntimeError(whole.error)
        for point in spread(int(whole.lines[-1].split()[-1]), limit):
            remove(path)
            ended = forked(lambda send, point=point: victim(path, number, point, send))  # type: ignore[misc] # bound point
            done = len([line for line in ended.lines if not line.startswith("points")])
            where = f"seed {number}, killed at point {point}, after call {done}"
            if not ended.was_killed:
                tally.report("wrong", f"{where}: not killed, {ended.error or 'but ended'}")
                continue
            judge_file(path, tally, passed, least=done, most=done + 1, where=where)
        return tally

    return run


AT_STATEMENTS = Attack(
    name="kill-statement",
    model="SIGKILL at every SQL statement",
    checked="each acknowledged call is in the file; the one under way is complete or absent",
    batches=30,
    run=_batch(_at_statements),
)
AT_FILE_OPERATIONS = Attack(
    name="kill-file",
    model="SIGKILL at every write, sync, truncation, deletion and open of a file",
    checked=AT_STATEMENTS.checked,
    batches=20,
    run=_batch(_at_file_operations),
    needs_observed_disk=True,
)
