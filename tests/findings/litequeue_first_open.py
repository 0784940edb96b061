"""litequeue: several processes that open a new queue at the same time."""

from __future__ import annotations

import multiprocessing
import sqlite3
import sys
import tempfile
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from litequeue import LiteQueue

ROUNDS, PROCESSES = 400, 6


def open_and_put(path: str, together: Barrier, errors: Queue[str | None]) -> None:
    together.wait()
    try:
        LiteQueue(path).put("job")
        errors.put(None)
    except sqlite3.OperationalError as error:
        errors.put(str(error))


if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    for number in range(1, ROUNDS + 1):
        together = fork.Barrier(PROCESSES)
        errors: Queue[str | None] = fork.Queue()
        path = tempfile.mkdtemp() + "/queue.db"
        processes = [
            fork.Process(target=open_and_put, args=(path, together, errors))
            for _ in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        found = [error for error in (errors.get() for _ in processes) if error]
        for process in processes:
            process.join()
        if found:
            sys.exit(f"{len(found)} of {PROCESSES} could not open it: {found[0]} (try {number})")
    print(f"{ROUNDS} times all {PROCESSES} processes could open it")
