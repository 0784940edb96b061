"""monlite: a job kills its worker each time, and `recover` brings it back."""

import sys
import tempfile
import time

from monlite import create_db, create_queue

queue = create_queue(create_db(tempfile.mkdtemp() + "/app.db"), max_attempts=3)
queue.add("email", "kills its worker")
attempts = 0
while attempts < 10 and queue.claim("email") is not None:
    attempts += 1
    time.sleep(0.002)
    queue.recover(older_than_ms=0)
if attempts > 3:
    sys.exit(f"a job with max_attempts=3 is handed out {attempts} times")
print(f"a job with max_attempts=3 is handed out {attempts} times")
