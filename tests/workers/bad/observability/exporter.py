"""Team 05 with faults: it reads the whole queue at each scrape."""

from collections import Counter


def backlog(db):
    """Return how many tasks wait, by type."""
    with db.connection() as conn:
        rows = conn.execute("SELECT * FROM task_queue WHERE status = 'queued'")  # QR402, QR403
        return Counter(row["type"] for row in rows.fetchall())


def held_by(db, worker):  # no docstring
    sql = "SELECT count(*) FROM task_queue WHERE locked_by = ?"
    with db.connection() as conn:
        return conn.execute(sql, (worker,)).fetchone()[0]  # QR401, slow-plan
