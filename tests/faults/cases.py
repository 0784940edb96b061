"""Runs one case in a process of its own, which may die at any point."""

from __future__ import annotations

import os
import signal
import sqlite3
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, TaskQueue
from tests.faults.tally import Tally
from tests.faults.workload import State, state_of
from tests.queue.world import START

Send = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a case ended.

    lines: the lines that it sent.
    was_killed: True if SIGKILL ended it.
    error: the traceback of an exception that left it.
    """

    lines: list[str]
    was_killed: bool
    error: str


def forked(case: Callable[[Send], None]) -> Ended:
    """Run a case in a forked child; each line that it sends arrives, also before a kill."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _run(case, writer)
    os.close(writer)
    with os.fdopen(reader) as sent:
        lines = sent.read().splitlines()
    status = os.waitpid(child, 0)[1]
    was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    error = "" if was_killed or status == 0 else "\n".join(_errors_of(lines, status))
    return Ended(
        lines=[line for line in lines if not line.startswith("!")],
        was_killed=was_killed,
        error=error,
    )


def _run(case: Callable[[Send], None], writer: int) -> None:
    status = 1
    try:
        case(lambda line: _write(writer, line))
        status = 0
    except BaseException:  # noqa: BLE001 - reported by the parent
        for line in traceback.format_exc().splitlines():
            _write(writer, f"!{line}")
    finally:
        os._exit(status)


def _write(writer: int, line: str) -> None:
    os.write(writer, f"{line}\n".encode(errors="replace"))


def _errors_of(lines: list[str], status: int) -> list[str]:
    return [line[1:] for line in lines if line.startswith("!")] or [f"wait status {status}"]


def remove(path: Path) -> None:
    """Remove a database file and what belongs to it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def judge_file(
    path: Path,
    tally: Tally,
    passed: Sequence[State],
    *,
    least: int,
    most: int,
    where: str,
) -> None:
    """Count a case: the file must be sound, in one of the states least to most, and usable."""
    tally.tried += 1
    try:
        state = state_of(path)
        tally.judge_state(state, passed, least=least, most=most, where=where)
        with QueueDatabase(path, clock=lambda: START + 1e6, busy_seconds=0) as db:
            queue = TaskQueue(db)
            for problem in queue.integrity_check():
                tally.report("damaged", f"{where}: {problem}")
            queue.enqueue("next", None)
            if queue.claim("next") is None:
                tally.report("wrong", f"{where}: no claim afterwards")
    except (QueueDatabaseError, sqlite3.Error) as error:
        tally.report("damaged", f"{where}: {error}")
