"""monlite: an empty `job_id`."""

import sys
import tempfile

from monlite import create_db, create_queue

queue = create_queue(create_db(tempfile.mkdtemp() + "/app.db"))
for _ in range(2):
    queue.add("email", "receipt", job_id="")
if queue.size() > 1:
    sys.exit(f"{queue.size()} jobs with one job_id, the empty text, are waiting")
print("one job with the job_id is waiting")
