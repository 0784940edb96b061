"""litequeue: a new queue is opened while another process is in the middle of opening it too."""

import sqlite3
import sys
import tempfile
from threading import Timer
from typing import Any

from litequeue import LiteQueue

path = tempfile.mkdtemp() + "/queue.db"
other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)


class MeetsAnother(sqlite3.Connection):
    """Has the other process make its table, for half a second, where this one switches to WAL."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if "journal_mode = WAL" in sql:
            other.execute("BEGIN IMMEDIATE")
            Timer(0.5, other.execute, ["COMMIT"]).start()
        return super().execute(sql, *values)


try:
    LiteQueue(path, factory=MeetsAnother)
except sqlite3.OperationalError as error:
    sys.exit(f"it cannot be opened, and did not wait: {error}")
print("it waited for the other process, and was opened")
