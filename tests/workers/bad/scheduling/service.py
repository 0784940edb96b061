"""Team 04 with faults: it reorders tasks with its own SQL, and retries in a busy loop."""

import time

from pytest_queuekit.queue import QueueBusyError


def boost(db, kind):
    """Put the waiting tasks of a type in front of all others."""
    sql = f"UPDATE task_queue SET priority = 1 WHERE status = 'queued' AND type = '{kind}'"
    with db.transaction() as conn:
        conn.execute(sql)  # QR105


def swap(db, left, right):
    """Exchange the priorities of two tasks."""
    with db.connection() as conn:
        conn.execute("BEGIN")  # QR502
        find = "SELECT priority FROM task_queue WHERE id = ?"
        first, second = (conn.execute(find, (task,)).fetchone()[0] for task in (left, right))
        change = "UPDATE task_queue SET priority = ? WHERE id = ?"
        conn.execute(change, (second, left))  # QR102
        conn.execute(change, (first, right))  # QR102
        conn.execute("COMMIT")


def take(claimer, worker):
    """Claim a task, however long it takes to be let."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return claimer.claim_task(worker, {}, lease_seconds=60)
        except QueueBusyError:  # QR104, QR504
            continue
    return None
