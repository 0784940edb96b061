"""monlite: `fail` on a job that is done, by a worker that tidies up late."""

import sys
import tempfile

from monlite import create_db, create_queue

queue = create_queue(create_db(tempfile.mkdtemp() + "/app.db"), max_attempts=3, backoff=lambda _: 0)
queue.add("email", "charge the card")
job = queue.claim("email")
queue.complete(job)
queue.fail(job, "the connection was lost while it closed")
again = queue.claim("email")
if again is not None:
    sys.exit(f"{again['payload']!r} was done, and is handed out again after fail()")
print("a job that is done stays done")
