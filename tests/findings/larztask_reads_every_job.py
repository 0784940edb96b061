"""larztask: a claim opens more files the more jobs wait."""

import sys
import tempfile
import time

from larztask import TaskQueue

opened = 0


def audit(event: str, _: object) -> None:
    """Count the files that are opened."""
    global opened
    opened += event == "open"


def files_of_claim(jobs: int) -> int:
    """Return the number of files that a claim among many jobs opens."""
    app = TaskQueue(tempfile.mkdtemp())
    app.register("charge", print)
    for number in range(jobs):
        app.enqueue("charge", args=(number,))
    before = opened
    app.store.claim_ready(time.time())
    return opened - before


sys.addaudithook(audit)
few, many = files_of_claim(20), files_of_claim(200)
if many > 2 * few:
    sys.exit(f"a claim opens {few} files among 20 jobs, and {many} among 200")
print(f"a claim opens {few} files among 20 jobs, and {many} among 200")
