"""persist-queue: `get` takes longer the more items are acknowledged and not yet cleared."""

import sys
import tempfile
from typing import Any

from persistqueue import Empty, SQLiteAckQueue

steps = 0


def step() -> int:
    """Count a step of SQLite's virtual machine."""
    global steps
    steps += 1
    return 0


def steps_of_get(done: int) -> int:
    """Return the steps that an empty `get` takes after many items."""
    queue = SQLiteAckQueue(tempfile.mkdtemp(), auto_commit=True)
    for number in range(done):
        queue.put(number)
        queue.ack(queue.get())
    before = steps
    getter: Any = queue._getter
    getter.set_progress_handler(step, 1)
    try:
        queue.get(block=False)
    except Empty:
        return steps - before
    sys.exit("the queue is not empty")


few, many = steps_of_get(50), steps_of_get(500)
if many > 2 * few:
    sys.exit(f"get() takes {few} steps after 50 items, and {many} after 500")
print(f"get() takes {few} steps after 50 items, and {many} after 500")
