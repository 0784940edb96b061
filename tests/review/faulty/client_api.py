"""Worker 02, with faults."""

import json
from datetime import datetime

from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError

db = QueueDatabase("/srv/prismq/queue.db")  # QR303


def enqueue(kind, payload):
    with db.connection() as conn:
        return _insert(conn, kind, payload)


def _insert(conn, kind, payload):
    row = conn.execute(  # QR102
        "INSERT INTO task_queue (type, payload, created_at_utc) VALUES (?, ?, ?) RETURNING id",
        (kind, str(payload), datetime.now().isoformat()),  # QR202 QR106
    ).fetchone()
    return row[0]


def enqueue_all(kind, payloads):
    for payload in payloads:
        with db.transaction() as conn:  # QR405
            conn.execute(
                "INSERT INTO task_queue (type, payload) VALUES (?, ?)", (kind, json.dumps(payload))
            )


def cancel(task_id):
    try:
        with db.transaction() as conn:
            conn.execute("UPDATE task_queue SET status = 'cancelled' WHERE id = %d" % int(task_id))
    except QueueDatabaseError:  # QR104
        return None
