"""litequeue: `pop` takes longer the more messages wait, since no index has its order."""

import sys
import tempfile

from litequeue import LiteQueue

steps = 0


def step() -> int:
    """Count a step of SQLite's virtual machine."""
    global steps
    steps += 1
    return 0


def steps_of_pop(messages: int) -> int:
    """Return the steps that a `pop` among many messages takes."""
    queue = LiteQueue(tempfile.mkdtemp() + "/queue.db")
    for number in range(messages):
        queue.put(f"message {number}")
    before = steps
    queue.conn.set_progress_handler(step, 1)
    queue.pop()
    queue.conn.set_progress_handler(None, 1)
    return steps - before


few, many = steps_of_pop(100), steps_of_pop(1000)
if many > 2 * few:
    sys.exit(f"pop() takes {few} steps among 100 messages, and {many} among 1000")
print(f"pop() takes {few} steps among 100 messages, and {many} among 1000")
