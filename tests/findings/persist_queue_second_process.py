"""persist-queue: a second process opens the queue while the first works on an item."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from multiprocessing.queues import Queue

from persistqueue import Empty, SQLiteAckQueue


def take(path: str, taken: Queue[str | None]) -> None:
    try:
        taken.put(SQLiteAckQueue(path).get(block=False))
    except Empty:
        taken.put(None)


if __name__ == "__main__":
    path = tempfile.mkdtemp()
    queue = SQLiteAckQueue(path)
    queue.put("charge the card")
    mine = queue.get()
    taken: Queue[str | None] = multiprocessing.Queue()
    other = multiprocessing.Process(target=take, args=(path, taken))
    other.start()
    theirs = taken.get()
    other.join()
    if theirs is not None:
        sys.exit(f"two processes have {theirs!r} at the same time")
    print(f"only the first process has {mine!r}")
