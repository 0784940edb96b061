"""Worker 05, with faults."""

from pytest_queuekit.queue import QueueDatabase


def all_waiting(db: QueueDatabase):
    with db.connection() as conn:
        cursor = conn.execute("SELECT * FROM task_queue WHERE status = 'queued'")  # QR402 QR403
        return cursor.fetchall()


def totals(db: QueueDatabase):
    with db.transaction() as conn:  # QR103
        return conn.execute("SELECT status, count(*) FROM task_queue GROUP BY status").fetchall()


def busiest(db: QueueDatabase, worker):
    sql = "SELECT count(*) FROM task_queue WHERE locked_by = ?"
    with db.connection() as conn:
        return conn.execute(sql, (worker,)).fetchone()[0]  # QR401
