"""monlite: `claim` takes longer the more jobs wait, since no index has its order."""

import sys
import tempfile

from monlite import create_db, create_queue

steps = 0


def step() -> int:
    """Count a step of SQLite's virtual machine."""
    global steps
    steps += 1
    return 0


def steps_of_claim(jobs: int) -> int:
    """Return the steps that a claim among many jobs takes."""
    db = create_db(tempfile.mkdtemp() + "/app.db")
    queue = create_queue(db)
    for number in range(jobs):
        queue.add("email", number)
    before = steps
    db.sqlite.set_progress_handler(step, 1)
    queue.claim("email")
    db.sqlite.set_progress_handler(None, 1)
    return steps - before


few, many = steps_of_claim(50), steps_of_claim(500)
if many > 2 * few:
    sys.exit(f"claim() takes {few} steps among 50 jobs, and {many} among 500")
print(f"claim() takes {few} steps among 50 jobs, and {many} among 500")
