"""tinyjobs: an enqueue with a delay that waits for the lock of another connection."""

import sqlite3
import sys
import tempfile
from threading import Timer

from tinyjobs import TinyJobs

path = tempfile.mkdtemp() + "/jobs.db"
app = TinyJobs(f"sqlite:///{path}")


def charge() -> None:
    """Stand for a user's function."""


task = app.task(charge)
app.drain()
other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
other.execute("BEGIN IMMEDIATE")
Timer(1.5, other.execute, ["COMMIT"]).start()
task.with_options(delay=1).enqueue()
ran = app.drain()
app.close()
if ran:
    sys.exit("a job that was enqueued just now, with a delay of a second, runs at once")
print("the job waits for its delay")
