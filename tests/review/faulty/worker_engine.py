"""Worker 03, with faults."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import requests

from pytest_queuekit.queue import QueueDatabase, SchedulingStrategy, TaskClaimerFactory

WORKERS = 16
CLAIM = "UPDATE task_queue SET status = 'leased', locked_by = ? WHERE id = ?"


class Engine:
    def __init__(self, path):
        self.conn = sqlite3.connect(path)  # QR101
        self.db = QueueDatabase(path)

    def next(self, worker):
        row = self.conn.execute(
            "SELECT id, payload FROM task_queue WHERE status = 'queued' ORDER BY priority LIMIT 1"
        ).fetchone()
        if row is not None:
            self.conn.execute(CLAIM, (worker, row[0]))  # QR501
        return row

    def work(self, row):
        with self.db.transaction() as conn:
            requests.post(json.loads(row["payload"])["url"], timeout=30)  # QR404 QR204
            conn.execute("UPDATE task_queue SET status = 'completed' WHERE id = ?", (row["id"],))


def loop(db):
    claimer = TaskClaimerFactory.create(SchedulingStrategy.FIFO, db)
    while claimer.claim_task("worker", {}, lease_seconds=60):
        pass


def run(db):
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:  # QR302
        for _ in range(WORKERS):
            pool.submit(loop, db)
