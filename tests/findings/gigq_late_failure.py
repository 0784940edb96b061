"""gigq: a worker fails after its time-out, when another worker has completed the job."""

import logging
import sys
import tempfile
import time

from gigq import Job, JobQueue, Worker

logging.disable()
path = tempfile.mkdtemp() + "/jobs.db"
queue = JobQueue(path)
runs = 0


def charge() -> None:
    """Outlive the time-out at the first run, and meet another worker that succeeds."""
    global runs
    runs += 1
    if runs == 1:
        time.sleep(1.1)
        Worker(path).process_one()
        raise RuntimeError("the connection was lost")


job = queue.submit(Job("charge", charge, timeout=1))
Worker(path).process_one()
status = queue.get_status(job)["status"]
if status != "completed":
    sys.exit(f"the second worker completed the job; then the first one made it {status!r} again")
print("a job that is completed stays completed")
