"""tinyjobs: one job has a text as its priority."""

import sys
import tempfile

from tinyjobs import TinyJobs

app = TinyJobs(f"sqlite:///{tempfile.mkdtemp()}/jobs.db")


def charge() -> None:
    """Stand for a user's function."""


task = app.task(charge)
task.enqueue()
try:
    task.with_options(priority="high").enqueue()
except (TypeError, ValueError) as error:
    print(f"enqueue() refuses it: {error}")
    sys.exit()
try:
    app.drain()
except TypeError as error:
    sys.exit(f"the job is accepted, and now no claim of a worker succeeds: TypeError: {error}")
finally:
    app.close()
print("the jobs ran")
