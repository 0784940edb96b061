"""larztask: one job has a text as its priority."""

import sys
import tempfile

from larztask import TaskQueue

app = TaskQueue(tempfile.mkdtemp())
app.register("charge", lambda: None)
app.enqueue("charge")
try:
    app.enqueue("charge", priority="high")
except (TypeError, ValueError) as error:
    print(f"enqueue() refuses it: {error}")
    sys.exit()
try:
    app.work(burst=True)
except TypeError as error:
    sys.exit(f"the job is accepted, and now each worker stops for good: TypeError: {error}")
print("the jobs ran")
