"""gigq: a job is running when the clocks go forward by an hour."""

import logging
import os
import sys
import tempfile
import time
from datetime import datetime
from unittest.mock import patch

os.environ["TZ"] = "EST5EDT,M3.2.0,M11.1.0"  # New York
time.tzset()
logging.disable()

from gigq import Job, JobQueue, Worker  # noqa: E402 - after the time zone is set

CHANGE = datetime(2025, 3, 9, 1, 59, 59).timestamp() + 1  # noqa: DTZ001 - 2 o'clock, in winter
path = tempfile.mkdtemp() + "/jobs.db"
queue = JobQueue(path)
runs = 0


class Clock(datetime):
    """A clock that the script sets, in local time."""

    moment = CHANGE - 10

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(cls.moment)  # noqa: DTZ006


def charge() -> None:
    """Work for 20 seconds, and let another worker look for work in the meantime."""
    global runs
    runs += 1
    Clock.moment += 20
    if runs == 1:
        Worker(path).process_one()


with patch("gigq.worker.datetime", Clock):
    queue.submit(Job("charge", charge, timeout=300))
    Worker(path).process_one()
if runs > 1:
    sys.exit("a job that has run for 20 s, with a time-out of 300 s, is given to a second worker")
print("a job that has run for 20 s stays with its worker")
