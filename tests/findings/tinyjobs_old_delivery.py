"""tinyjobs: a worker loses a job, claims it again, and its first run of the job ends."""

import sys
import tempfile
import time
from typing import Any

from tinyjobs import FrozenClock, TinyJobs

clock = FrozenClock(time.time())
app = TinyJobs(f"sqlite:///{tempfile.mkdtemp()}/jobs.db", clock=clock)


def charge() -> None:
    """Stand for a user's function."""


task = app.task(max_attempts=3)(charge)


def claim() -> Any:
    """Claim a job as the worker `w` does."""
    limits = {"queues": ("default",), "limit": 1, "lease_seconds": 60}
    return app.run_sync(app.backend.claim(worker_id="w", **limits), name="claim")[0]


task.enqueue()
first = claim()
clock.advance(61)
app.run_sync(app.backend.reap_expired(), name="reap_expired")
second = claim()
app.run_sync(app.backend.complete(first, None), name="complete")
status = app.get(second.id).status
app.close()
if status == "success":
    sys.exit("the job counts as done while attempt 2 still runs it: attempt 1 reported late")
print("the report of attempt 1 had no effect")
