"""tinyjobs: a new file is opened while another process is in the middle of opening it too."""

import sqlite3
import sys
import tempfile
from threading import Timer

from tinyjobs import TinyJobs

path = tempfile.mkdtemp() + "/jobs.db"
other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
other.execute("BEGIN IMMEDIATE")
Timer(0.5, other.execute, ["COMMIT"]).start()
app = TinyJobs(f"sqlite:///{path}")
try:
    app.start()
except sqlite3.OperationalError as error:
    sys.exit(f"it cannot be opened, and did not wait: {error}")
finally:
    app.close()
print("it waited for the other process, and was opened")
