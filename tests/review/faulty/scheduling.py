"""Worker 04, with faults."""

from pytest_queuekit.queue import QueueBusyError, QueueDatabase

MAX_CONCURRENT_WORKERS = 12  # QR304


def boost(db: QueueDatabase, kind: str) -> None:
    with db.connection() as conn:
        conn.execute("BEGIN")  # QR502
        best = conn.execute("SELECT min(priority) FROM task_queue").fetchone()[0]
        sql = f"UPDATE task_queue SET priority = {best} WHERE status = 'queued' AND type = '{kind}'"
        conn.execute(sql)  # QR102 QR105
        conn.execute("COMMIT")


def take(claimer):
    while True:
        try:
            return claimer.claim_task("worker-1", {}, lease_seconds=60)
        except QueueBusyError:  # QR104 QR504
            continue
