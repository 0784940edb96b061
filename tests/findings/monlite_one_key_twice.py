"""monlite: two producers add a job with one `job_id` at the same time."""

import sys
import tempfile

from monlite import create_db, create_queue

path = tempfile.mkdtemp() + "/app.db"
db = create_db(path)
queue = create_queue(db)
other = create_queue(create_db(path))


def meet_another_producer(sql: str) -> None:
    """Let the other producer add the job between this one's look and its insert."""
    if sql.startswith("INSERT"):
        db.sqlite.set_trace_callback(None)
        other.add("email", "receipt", job_id="order 7")


db.sqlite.set_trace_callback(meet_another_producer)
queue.add("email", "receipt", job_id="order 7")
if queue.size() > 1:
    sys.exit(f"{queue.size()} jobs with one job_id are waiting")
print("one job with the job_id is waiting")
