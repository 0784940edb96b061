"""monlite: a failure that waits for the lock of another connection, and the backoff after it."""

import sqlite3
import sys
import tempfile
from threading import Timer

from monlite import create_db, create_queue

path = tempfile.mkdtemp() + "/app.db"
queue = create_queue(create_db(path), max_attempts=3, backoff=lambda _: 500)
queue.add("email", "charge the card")
job = queue.claim("email")
other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
other.execute("BEGIN IMMEDIATE")
Timer(1, other.execute, ["COMMIT"]).start()
queue.fail(job, "the server is down")
if queue.claim("email") is not None:
    sys.exit("a job that failed just now, with a backoff of half a second, is handed out")
print("the job waits for its backoff")
