"""larztask: a job with a delay that is not a number."""

import sys
import tempfile

from larztask import TaskQueue

app = TaskQueue(tempfile.mkdtemp())
app.register("charge", lambda: None)
try:
    app.enqueue("charge", delay=float("nan"))
except ValueError as error:
    print(f"enqueue() refuses it: {error}")
    sys.exit()
if not app.work(burst=True):
    sys.exit(f"the job is accepted, and never due: {app.counts()}")
print("the job ran")
