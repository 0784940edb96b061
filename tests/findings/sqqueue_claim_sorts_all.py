"""sqqueue: `dequeue` takes longer the more messages wait, since no index has its order."""

import logging
import sqlite3
import sys
import tempfile
from typing import Any
from unittest.mock import patch

from sqqueue import SQLiteQueue

steps = 0
connect = sqlite3.connect


def step() -> int:
    """Count a step of SQLite's virtual machine."""
    global steps
    steps += 1
    return 0


def counting(*args: Any, **options: Any) -> sqlite3.Connection:
    """Open a connection that counts its steps."""
    connection: sqlite3.Connection = connect(*args, **options)
    connection.set_progress_handler(step, 1)
    return connection


def steps_of_dequeue(messages: int) -> int:
    """Return the steps that a `dequeue` among many messages takes."""
    queue = SQLiteQueue(tempfile.mkdtemp() + "/queue.db")
    logging.disable()
    for number in range(messages):
        queue.enqueue(f"message {number}")
    before = steps
    with patch("sqlite3.connect", counting):
        queue.dequeue()
    return steps - before


few, many = steps_of_dequeue(50), steps_of_dequeue(500)
if many > 2 * few:
    sys.exit(f"dequeue() takes {few} steps among 50 messages, and {many} among 500")
print(f"dequeue() takes {few} steps among 50 messages, and {many} among 500")
