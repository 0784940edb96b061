"""gigq: a worker succeeds after its time-out, while another worker runs the job."""

import logging
import sys
import tempfile
import time
from threading import Event, Thread

from gigq import Job, JobQueue, Worker

logging.disable()
path = tempfile.mkdtemp() + "/jobs.db"
queue = JobQueue(path)
second_runs, over = Event(), Event()
second = Thread(target=lambda: Worker(path).process_one())


def charge() -> None:
    """Outlive the time-out at the first run, until the second run has begun."""
    if second.ident is not None:
        second_runs.set()
        over.wait()
        return
    time.sleep(1.1)
    second.start()
    second_runs.wait(5)


job = queue.submit(Job("charge", charge, timeout=1))
Worker(path).process_one()
status = queue.get_status(job)["status"]
over.set()
second.join()
if status == "completed":
    sys.exit("the job counts as completed while its second worker still runs it")
print(f"the job is {status!r} while its second worker runs it")
