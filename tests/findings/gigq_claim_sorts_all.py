"""gigq: a claim takes longer the more jobs wait, since no index has its order."""

import sys
import tempfile

from gigq import Job, JobQueue, Worker

steps = 0


def step() -> int:
    """Count a step of SQLite's virtual machine."""
    global steps
    steps += 1
    return 0


def nothing() -> None:
    """Stand for a user's function."""


def steps_of_a_run(jobs: int) -> int:
    """Return the steps that a worker takes for one job among many."""
    path = tempfile.mkdtemp() + "/jobs.db"
    queue = JobQueue(path)
    for _ in range(jobs):
        queue.submit(Job("nothing", nothing))
    before = steps
    queue._get_connection().set_progress_handler(step, 1)
    Worker(path).process_one()
    queue._get_connection().set_progress_handler(None, 1)
    return steps - before


few, many = steps_of_a_run(50), steps_of_a_run(500)
if many > 2 * few:
    sys.exit(f"a worker takes {few} steps for a job among 50, and {many} among 500")
print(f"a worker takes {few} steps for a job among 50, and {many} among 500")
