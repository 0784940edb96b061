"""Worker 06, with faults."""

import subprocess
from dataclasses import dataclass

from pytest_queuekit.queue import QueueDatabase, Task


@dataclass
class OldTask:  # QR201
    id: int
    type: str
    status: str
    payload: str
    attempts: int


def clean(db: QueueDatabase):
    with db.connection() as conn:
        conn.execute("PRAGMA synchronous=OFF")  # QR301
    with db.transaction() as conn:
        conn.execute(  # QR107
            "DELETE FROM task_queue WHERE status = 'completed' AND completed_at_utc < '2025-01-01'"
        )
        _copy(db.path)  # QR404


def _copy(path):
    subprocess.run(["cp", path, f"{path}.bak"], check=True)


def tasks(rows):
    return [Task(**dict(row)) for row in rows]  # QR203
