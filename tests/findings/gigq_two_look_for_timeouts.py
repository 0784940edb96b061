"""gigq: two workers look for jobs that timed out at the same time."""

import logging
import sys
import tempfile
import time
from threading import Event, Thread

from gigq import Job, JobQueue, Worker

logging.disable()
path = tempfile.mkdtemp() + "/jobs.db"
queue = JobQueue(path)
runs = 0
over, second_runs = Event(), Event()


def charge() -> None:
    """Vanish at the first run; run for as long as the script wants at the second."""
    global runs
    runs += 1
    if runs == 1:
        time.sleep(1.1)
        look_for_work()
    elif runs == 2:
        second_runs.set()
        over.wait()


def meet_a_second_worker(sql: str) -> None:
    """Let a second worker take the job between the third one's look and its change."""
    if sql.lstrip().startswith("UPDATE jobs") or sql.startswith("BEGIN"):
        queue._get_connection().set_trace_callback(None)
        second.start()
        second_runs.wait(5)


def look_for_work() -> None:
    """Look for work as a third worker."""
    queue._get_connection().set_trace_callback(meet_a_second_worker)
    Worker(path).process_one()


second = Thread(target=lambda: Worker(path).process_one())
queue.submit(Job("charge", charge, timeout=1))
Worker(path).process_one()
over.set()
second.join()
if runs > 2:
    sys.exit("a job that a second worker took a moment ago is given to a third one")
print("the job stays with its second worker")
