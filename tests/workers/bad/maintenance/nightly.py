"""Team 06 with faults: it maintains the database behind the back of the queue."""

from pytest_queuekit.queue import Task


def clean(db):
    """Delete what is done."""
    with db.connection() as conn:
        conn.execute("PRAGMA synchronous=OFF")  # QR301
    with db.transaction() as conn:
        conn.execute(  # QR107
            "DELETE FROM task_queue WHERE status = 'completed' AND completed_at_utc < '2025-01-01'"
        )


def dead(db, limit):
    """Return tasks that were given up."""
    columns = "id, type, status, priority, payload, attempts, max_attempts"
    sql = f"SELECT {columns} FROM task_queue WHERE status = 'failed' LIMIT ?"
    with db.connection() as conn:
        rows = conn.execute(sql, (limit,)).fetchall()
    return [Task(**dict(row)) for row in rows]  # QR203


def revive(db, limit):
    """Queue dead tasks again; nothing tests this."""
    for task in dead(db, limit):
        with db.transaction() as conn:  # QR405
            conn.execute(
                "UPDATE task_queue SET status = 'queued' WHERE status = 'failed' AND id = ?",
                (task.id,),
            )
    left = dead(db, limit)
    if left:
        return len(left)
    return 0
