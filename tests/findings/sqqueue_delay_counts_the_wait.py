"""sqqueue: an enqueue with a delay that waits for the lock of another connection."""

import logging
import sqlite3
import sys
import tempfile
from threading import Timer

from sqqueue import SQLiteQueue

path = tempfile.mkdtemp() + "/queue.db"
queue = SQLiteQueue(path)
logging.disable()
other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
other.execute("BEGIN IMMEDIATE")
Timer(1.5, other.execute, ["COMMIT"]).start()
queue.enqueue("in a second", delay=1)
if queue.dequeue().value is not None:
    sys.exit("a message that was enqueued just now, with a delay of a second, is handed out")
print("the message waits for its delay")
