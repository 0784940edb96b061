"""Team 03 with faults: it reads a task before it locks it, and works inside a transaction."""

import time

from pytest_queuekit.queue import QueueBusyError

FIND = "SELECT id, payload FROM task_queue WHERE status = 'queued' ORDER BY priority LIMIT 1"
TAKE = "UPDATE task_queue SET status = 'leased', locked_by = ? WHERE id = ?"
FINISH = "UPDATE task_queue SET status = 'completed' WHERE id = ?"


class Engine:
    """Works off tasks."""

    def __init__(self, db, worker):
        self._db = db
        self._worker = worker

    def take(self):
        """Return the id of a task of its own, or nothing."""
        with self._db.connection() as conn:
            row = conn.execute(FIND).fetchone()
        if row is None:
            return None
        with self._db.transaction() as conn:
            conn.execute(TAKE, (self._worker, row[0]))  # QR501
        return row[0]

    def finish(self, task_id, seconds=0.3):
        """Do the work, and record it."""
        with self._db.transaction() as conn:
            time.sleep(seconds)  # QR404
            conn.execute(FINISH, (task_id,))  # QR501

    def work(self):
        """Work off one task; return whether there was one, and time for it."""
        try:
            task_id = self.take()
        except QueueBusyError as error:
            print(f"later: {error}")
            return False
        if task_id is not None:
            self.finish(task_id)
        return task_id is not None
