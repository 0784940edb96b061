"""persist-queue: None in a SQLiteAckQueue."""

import sys
import tempfile

from persistqueue import Empty, SQLiteAckQueue

queue = SQLiteAckQueue(tempfile.mkdtemp())
queue.put(None)
try:
    queue.get(block=False)
except Empty:
    sys.exit(f"get() says Empty, with {queue.unack_count()} item handed out to no worker")
print("None came back")
