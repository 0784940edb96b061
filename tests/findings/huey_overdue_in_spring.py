"""huey: an overdue task, in a time zone whose clocks went forward by an hour that night."""

import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

os.environ["TZ"] = "EST5EDT,M3.2.0,M11.1.0"  # New York
time.tzset()

from huey import SqliteHuey  # noqa: E402 - after the time zone is set

huey = SqliteHuey(filename=tempfile.mkdtemp() + "/huey.db")
remind = huey.task()(print)
due = datetime(2025, 3, 9, 2, 30)  # noqa: DTZ001 - huey's own form of UTC
task = remind.s("hello", eta=due.replace(tzinfo=UTC))
huey.add_schedule(task)
if not huey.read_schedule(due + timedelta(minutes=40)):
    sys.exit("a task that has been due for 40 minutes is not handed out")
print("a task that has been due for 40 minutes is handed out")
