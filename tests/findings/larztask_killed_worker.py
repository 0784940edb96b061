"""larztask: a worker is killed while it runs a job, and started again."""

import os
import sys
import tempfile

from larztask import TaskQueue

app = TaskQueue(tempfile.mkdtemp())
app.register("charge", lambda: os.kill(os.getpid(), 9), max_retries=3)
job = app.enqueue("charge")
if os.fork() == 0:
    app.work(burst=True)
os.wait()
app.register("charge", lambda: None, max_retries=3)
if not app.work(burst=True):
    sys.exit(f"no worker runs the job again; for ever it is {app.store.get(job)['status']!r}")
print("the job ran again")
