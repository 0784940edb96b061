"""Team 02 with faults: it confirms tasks to its client that may not be in the queue."""

from pytest_queuekit.queue import QueueDatabaseError


class Api:
    """Takes and cancels tasks."""

    def __init__(self, db):
        self._db = db

    def enqueue(self, kind, payload):  # no docstring
        try:
            with self._db.connection() as conn:
                row = conn.execute(  # QR102, write-outside
                    "INSERT INTO task_queue (type, payload) VALUES (?, ?) RETURNING id",
                    (kind, str(payload)),  # QR202
                ).fetchone()
                return row[0]
        except QueueDatabaseError:  # QR104
            return None

    def cancel(self, task_id):
        """Cancel a task that waits; return whether there was one."""
        # Nothing tests this, nor what follows: the suite covers less than it should.
        sql = "UPDATE task_queue SET status = 'cancelled' WHERE id = ? AND status = 'queued'"
        with self._db.transaction() as conn:
            changed = conn.execute(sql, (task_id,)).rowcount
        if changed:
            return True
        return False
