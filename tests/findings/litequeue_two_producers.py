"""litequeue: the order of messages from two processes that put one after the other."""

import multiprocessing
import sys
import tempfile
from multiprocessing.connection import Connection

from litequeue import LiteQueue

PAIRS = 200


def put_on_signal(path: str, signals: Connection) -> None:
    queue = LiteQueue(path)
    while signals.recv():
        queue.put("second")
        signals.send("done")


if __name__ == "__main__":
    path = tempfile.mkdtemp() + "/queue.db"
    queue = LiteQueue(path)
    here, there = multiprocessing.Pipe()
    other = multiprocessing.get_context("fork").Process(target=put_on_signal, args=(path, there))
    other.start()
    inverted = 0
    for _ in range(PAIRS):
        queue.put("first")
        here.send(True)
        here.recv()
        inverted += queue.pop().data == "second"
        queue.pop()
    here.send(False)
    other.join()
    if inverted:
        sys.exit(f"of {PAIRS} pairs, {inverted} came out newest first")
    print(f"all {PAIRS} pairs came out oldest first")
