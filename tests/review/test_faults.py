"""Faults as teams write them, in forms that a review easily overlooks."""

from __future__ import annotations

import re

import pytest

from tests.review.findings import codes

HEAD = """
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, QueueDatabaseError, Task
from pytest_queuekit.queue import TaskQueue
"""

_ALL = """
### QR101 get_default_db_path
import sqlite3
from pytest_queuekit.queue.config import get_default_db_path
def f(): return sqlite3.connect(get_default_db_path())
### QR101 aiosqlite
import aiosqlite
async def f(p):
    async with aiosqlite.connect(p) as c:
        await c.execute("SELECT id FROM task_queue LIMIT 1")
### QR102 method on object
class Repo:
    def mark(self, conn): conn.execute("DELETE FROM task_queue WHERE id=1")
def f(db):
    repo = Repo()
    with db.connection() as conn: repo.mark(conn)
### QR102 self.repo method
class Repo:
    def mark(self, conn): conn.execute("DELETE FROM task_queue WHERE id=1")
class S:
    def __init__(self, db): self.db = db; self.repo = Repo()
    def f(self):
        with self.db.connection() as conn: self.repo.mark(conn)
### QR102 static
class Repo:
    @staticmethod
    def mark(conn): conn.execute("DELETE FROM task_queue WHERE id=1")
def f(db):
    with db.connection() as conn: Repo.mark(conn)
### QR105 concat augassign
def f(conn, t):
    sql = "SELECT id FROM task_queue WHERE type = '"
    sql += t
    sql += "' LIMIT 1"
    return conn.execute(sql)
### QR105 format map
def f(conn, t):
    return conn.execute("SELECT id FROM task_queue WHERE type = '{type}' LIMIT 1".format(**t))
### QR105 replace
def f(conn, t):
    return conn.execute("SELECT id FROM task_queue WHERE type = '$T' LIMIT 1".replace("$T", t))
### QR105 join values
def f(conn, ids):
    return conn.execute("SELECT id FROM task_queue WHERE id IN (%s)" % ",".join(map(str, ids)))
### QR105 in f-string list
def f(conn, names):
    inside = ", ".join(f"'{n}'" for n in names)
    return conn.execute(f"SELECT id FROM task_queue WHERE type IN ({inside}) LIMIT 5")
### QR106 args var
from datetime import datetime
def f(db, i):
    values = (datetime.now().isoformat(), i)
    with db.transaction() as conn:
        conn.execute("UPDATE task_queue SET run_after_utc=? WHERE id=?", values)
### QR107 reversed
def f(conn):
    sql = "SELECT count(*) FROM task_queue WHERE status='x' AND '2025-01-01' < created_at_utc"
    conn.execute(sql)
### QR402 alias star
def f(conn):
    conn.execute("SELECT t.* FROM task_queue t WHERE t.id=1")
### QR403 comp
def f(conn): return [r[0] for r in conn.execute("SELECT id FROM task_queue WHERE status='queued'")]
### QR403 cur.fetchall
def f(conn):
    cur = conn.cursor()
    cur.execute("SELECT id FROM task_queue WHERE status='queued'")
    return cur.fetchall()
### QR501 cursor separate
def f(conn):
    cur = conn.cursor()
    cur.execute("SELECT id FROM task_queue WHERE status='queued' ORDER BY priority LIMIT 1")
    row = cur.fetchone()
    if row:
        cur.execute("UPDATE task_queue SET status='leased' WHERE id=?", (row["id"],))
### QR501 fstring id
def f(conn):
    row = conn.execute("SELECT id FROM task_queue WHERE status='queued' LIMIT 1").fetchone()
    conn.execute(f"UPDATE task_queue SET status='leased' WHERE id={row[0]}")
### QR502 helper
def g(conn): conn.execute("UPDATE task_queue SET priority=1 WHERE id=1")
def f(conn):
    conn.execute("BEGIN")
    n = conn.execute("SELECT max(priority) FROM task_queue").fetchone()[0]
    g(conn)
    conn.execute("COMMIT")
### QR104 suppress
from contextlib import suppress
def f(db):
    with suppress(QueueBusyError):
        with db.transaction() as c: c.execute("DELETE FROM task_queue WHERE id=1")
### QR104 suppress Exception
import contextlib
def f(db):
    with contextlib.suppress(Exception), db.transaction() as c:
        c.execute("DELETE FROM task_queue WHERE id=1")
### QR104 helper call
def add(db):
    with db.transaction() as c: c.execute("DELETE FROM task_queue WHERE id=1")
def f(db):
    try: add(db)
    except QueueBusyError: pass
### QR504 for range
def f(db):
    for n in range(5):
        try:
            with db.transaction() as c: c.execute("DELETE FROM task_queue WHERE id=1")
            return
        except QueueBusyError as e:
            last = e
### QR303 kw
db = QueueDatabase(path="/opt/app/queue.db")
### QR303 Path
from pathlib import Path
db = QueueDatabase(Path("/opt/app/queue.db"))
### QR303 os.path.join
import os
db = QueueDatabase(os.path.join("/srv", "q.db"))
### QR303 Path /
from pathlib import Path
db = QueueDatabase(Path("/srv") / "q.db")
### QR204 or
import json
def f(row): return json.loads(row["payload"] or "{}")
### QR204 get
import json
def f(row): return json.loads(row.get("payload"))
### QR302 threads loop
import threading
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    ts = [threading.Thread(target=w, args=(c,)) for _ in range(50)]
### QR302 method target
import threading
class P:
    def loop(self): self.claimer.claim_task("a", {}, lease_seconds=6)
    def start(self):
        for n in range(24): threading.Thread(target=self.loop).start()
### QR302 processes
import multiprocessing as mp
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    for _ in range(40):
        mp.Process(target=w, args=(c,)).start()
### QR302 pool of twelve
from concurrent.futures import ThreadPoolExecutor
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    with ThreadPoolExecutor(max_workers=12) as pool: pool.submit(w, c)
### QR302 multiprocessing pool
import multiprocessing
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    with multiprocessing.Pool(16) as pool: pool.map(w, [c] * 16)
### QR302 claim further down
from concurrent.futures import ThreadPoolExecutor
def step(c): return c.claim_task("a", {}, lease_seconds=6)
def w(c):
    while step(c): pass
def f(c):
    pool = ThreadPoolExecutor(12)
    for _ in range(12): pool.submit(w, c)
### QR302 method handed over
from concurrent.futures import ThreadPoolExecutor
class P:
    def __init__(self, c): self.c, self.pool = c, ThreadPoolExecutor(12)
    def loop(self): self.c.claim_task("a", {}, lease_seconds=6)
    def start(self): self.pool.submit(self.loop)
### QR302 lambda
from concurrent.futures import ThreadPoolExecutor
def f(c):
    with ThreadPoolExecutor(12) as pool: pool.submit(lambda: c.claim_task("a", {}, lease_seconds=6))
### QR302 partial
from concurrent.futures import ProcessPoolExecutor
from functools import partial
def w(path, name): TaskQueue(QueueDatabase(path)).enqueue("mail", name)
def f(path, names):
    with ProcessPoolExecutor(12) as pool: list(pool.map(partial(w, path), names))
### QR302 transaction in a pool
from multiprocessing.pool import ThreadPool
def w(db: QueueDatabase):
    with db.transaction() as conn: conn.execute("DELETE FROM task_queue WHERE id = 1")
def f(db):
    ThreadPool(processes=12).map(w, [db] * 12)
### QR302 event loop
import asyncio
from concurrent.futures import ThreadPoolExecutor
def w(c): c.claim_task("a", {}, lease_seconds=6)
async def f(c):
    pool = ThreadPoolExecutor(12)
    await asyncio.get_running_loop().run_in_executor(pool, w, c)
### QR302 more than the limit
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    with ThreadPoolExecutor(MAX_CONCURRENT_WORKERS * 2) as pool: pool.submit(w, c)
### QR302 range with two ends
import threading
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    for n in range(1, 21): threading.Thread(target=w, args=(c,)).start()
### QR302 lambda in a thread
import threading
def f(c):
    for n in range(20):
        threading.Thread(target=lambda: c.claim_task("a", {}, lease_seconds=6)).start()
### QR302 thread class
import threading
class W(threading.Thread):
    def run(self): self.claimer.claim_task("a", {}, lease_seconds=6)
def f():
    for n in range(20): W().start()
### QR404 session
import requests
def f(db):
    s = requests.Session()
    with db.transaction() as c:
        c.execute("DELETE FROM task_queue WHERE id=1")
        s.get("u")
### QR404 aiohttp
import aiohttp
async def f(db):
    async with aiohttp.ClientSession() as s:
        with db.transaction() as c:
            c.execute("DELETE FROM task_queue WHERE id=1")
            await s.get("u")
### QR405 enqueue in a loop
def f(queue: TaskQueue, payloads):
    for payload in payloads: queue.enqueue("mail", payload)
### QR405 enqueue in a comprehension
def f(db, payloads):
    queue = TaskQueue(db)
    return [queue.enqueue("mail", {"to": address}) for address in payloads]
### QR405 ids collected
import json
class Mailer:
    def __init__(self, db: QueueDatabase): self.queue = TaskQueue(db)
    def send(self, people):
        ids = []
        for person in people:
            if person.active:
                ids.append(self.queue.enqueue("mail", json.dumps({"to": person.address.lower()})))
        return ids
### QR405 insert in a transaction of its own
def f(db, rows):
    for kind, payload in rows:
        with db.transaction() as conn:
            conn.execute("INSERT INTO task_queue (type, payload) VALUES (?, ?)", (kind, payload))
### QR405 update in a transaction of its own
def f(db, ids):
    for task_id in sorted(ids):
        with db.transaction() as conn:
            conn.execute("UPDATE task_queue SET priority = 1 WHERE id = ?", (task_id,))
### QR405 function that enqueues
def add(queue: TaskQueue, payload):
    'Add a task.'
    return queue.enqueue("mail", payload)
def f(queue: TaskQueue, payloads):
    for payload in payloads: add(queue, payload)
### QR405 function with a transaction
def add(db, payload):
    with db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type, payload) VALUES ('mail', ?)", (payload,))
def f(db, payloads):
    for payload in payloads: add(db, payload)
### QR405 many numbers
def f(queue: TaskQueue):
    for number in range(1000): queue.enqueue("count", number)
### QR404 helper ctx
import time
from contextlib import contextmanager
@contextmanager
def tx(db):
    with db.transaction() as c: yield c
def f(db):
    with tx(db) as c:
        c.execute("DELETE FROM task_queue WHERE id=1")
        time.sleep(1)
"""

FAULTS = {
    title: text
    for title, _, text in (
        part.partition("\n") for part in re.split(r"^### ", _ALL, flags=re.MULTILINE)[1:]
    )
}


@pytest.mark.parametrize(("title", "text"), FAULTS.items(), ids=FAULTS.keys())
def test_a_fault_is_expected_this_form(title: str, text: str) -> None:
    """The finding has the code that the title begins with."""
    assert title.partition(" ")[0] in codes(HEAD + text)
