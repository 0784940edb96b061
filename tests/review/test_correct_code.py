"""Correct code that a review easily takes for wrong has no findings."""

from __future__ import annotations

import re

import pytest

from tests.review.findings import codes

_ALL = """
### ctx helper method either
from contextlib import contextmanager
from pytest_queuekit.queue import QueueDatabase
class Repo:
    def __init__(self, db: QueueDatabase): self._db = db
    @contextmanager
    def _open(self, write=False):
        opened = self._db.transaction() if write else self._db.connection()
        with opened as conn:
            yield conn
    def save(self, i):
        with self._open(write=True) as conn:
            conn.execute("UPDATE task_queue SET priority=1 WHERE id=?", (i,))
    def load(self, i):
        with self._open() as conn:
            return conn.execute("SELECT id FROM task_queue WHERE id=?", (i,)).fetchone()
### ctx helper if write
from contextlib import contextmanager
from pytest_queuekit.queue import QueueDatabase
@contextmanager
def session(db, write):
    if write:
        with db.transaction() as conn:
            yield conn
    else:
        with db.connection() as conn:
            yield conn
def f(db, i):
    with session(db, True) as conn:
        conn.execute("UPDATE task_queue SET priority=1 WHERE id=?", (i,))
### DI default None
from pytest_queuekit.queue import QueueDatabase
def reset(db, i, conn=None):
    if conn is None:
        with db.transaction() as conn:
            return reset(db, i, conn)
    conn.execute("UPDATE task_queue SET status='queued' WHERE id=?", (i,))
### db passed on in transaction
from pytest_queuekit.queue import QueueDatabase
def go(path):
    db = QueueDatabase(path)
    with db.transaction():
        helper(db)
def helper(db):
    db.execute("UPDATE task_queue SET status='queued' WHERE id=1")
### handler return status
from pytest_queuekit.queue import QueueDatabase, QueueBusyError
def handler(db):
    try:
        with db.transaction() as conn:
            conn.execute("DELETE FROM task_queue WHERE id=?", (1,))
    except QueueBusyError:
        return 503
### main returns exit code
from pytest_queuekit.queue import QueueDatabase, QueueBusyError
def main(db):
    try:
        with db.transaction() as conn:
            conn.execute("DELETE FROM task_queue WHERE id=?", (1,))
    except QueueBusyError:
        return "busy"
### retry with sleep after try, pass in handler
import time
from pytest_queuekit.queue import QueueDatabase, QueueBusyError
def put(db):
    for pause in (0.1, 0.2, 0.4):
        try:
            with db.transaction() as conn:
                conn.execute("INSERT INTO task_queue (type) VALUES ('x')")
            return True
        except QueueBusyError:
            pass
        time.sleep(pause)
    raise TimeoutError
### retry continue w while
import time
from pytest_queuekit.queue import QueueDatabase, QueueBusyError
def run(db, stop):
    while not stop.wait(0.5):
        try:
            with db.transaction() as conn:
                conn.execute("UPDATE task_queue SET attempts=0 WHERE id=1")
        except QueueBusyError:
            continue
### while with event wait nested helper pause
from pytest_queuekit.queue import QueueDatabase, QueueBusyError
def run(db, pause):
    while True:
        try:
            with db.transaction() as conn:
                conn.execute("INSERT INTO task_queue (type) VALUES ('x')")
            return
        except QueueBusyError as error:
            pause(error)
### while loop one task, inner handler: other unrelated loop
import time
from pytest_queuekit.queue import QueueDatabase, QueueBusyError
def run(db, items):
    while items:
        item = items.pop()
        try:
            with db.transaction() as conn:
                conn.execute("INSERT INTO task_queue (type) VALUES (?)", (item,))
        except QueueBusyError as error:
            log(item, error)
### fetch by id then update generic
def confirm(conn, token):
    row = conn.execute("SELECT id FROM session WHERE token = ?", (token,)).fetchone()
    if row is None:
        raise KeyError(token)
    conn.execute("DELETE FROM session WHERE id = ?", (row[0],))
### block user
def block(conn, email):
    sql = "SELECT id FROM user WHERE email = ? AND status = 'active'"
    row = conn.execute(sql, (email,)).fetchone()
    if row:
        conn.execute("UPDATE user SET status = 'blocked' WHERE id = ?", (row[0],))
### version check optimistic
def claim(conn):
    row = conn.execute("SELECT id, version FROM job WHERE state='new' LIMIT 1").fetchone()
    sql = "UPDATE job SET state='busy', version=version+1 WHERE id=? AND version=?"
    done = conn.execute(sql, (row[0], row[1])).rowcount
    return row if done else None
### lock.acquire
import threading
lock = threading.Lock()
def claim(conn):
    lock.acquire()
    try:
        row = conn.execute("SELECT id FROM job WHERE state='new' LIMIT 1").fetchone()
        conn.execute("UPDATE job SET state='busy' WHERE id=?", (row[0],))
    finally:
        lock.release()
### flock
import fcntl
def claim(conn, f):
    fcntl.flock(f, fcntl.LOCK_EX)
    row = conn.execute("SELECT id FROM job WHERE state='new' LIMIT 1").fetchone()
    conn.execute("UPDATE job SET state='busy' WHERE id=?", (row[0],))
### begin immediate in caller of helper
class Q:
    def claim(self):
        self.conn.execute("BEGIN IMMEDIATE")
        r = self._claim()
        self.conn.execute("COMMIT")
        return r
    def _claim(self):
        row = self.conn.execute("SELECT id FROM job WHERE state='new' LIMIT 1").fetchone()
        self.conn.execute("UPDATE job SET state='busy' WHERE id=?", (row[0],))
        return row
### begin postgres
def move(cur):
    cur.execute("BEGIN")
    cur.execute("SELECT balance FROM account WHERE id = %s FOR UPDATE", (1,))
    b = cur.fetchone()[0]
    cur.execute("UPDATE account SET balance = %s WHERE id = %s", (b - 1, 1))
    cur.execute("COMMIT")
### begin postgres psycopg serializable
import psycopg
def move(cur):
    cur.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    cur.execute("SELECT balance FROM account WHERE id = %s", (1,))
    b = cur.fetchone()[0]
    cur.execute("UPDATE account SET balance = %s WHERE id = %s", (b - 1, 1))
    cur.execute("COMMIT")
### begin tran mssql
def move(cur):
    cur.execute("BEGIN TRANSACTION")
    cur.execute("SELECT a FROM b WHERE id = 1")
    cur.execute("UPDATE b SET a = 2 WHERE id = 1")
    cur.execute("COMMIT")
### strftime correct format utc
from datetime import datetime, timezone
from pytest_queuekit.queue import QueueDatabase
def at(db, when: datetime):
    text = when.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    with db.transaction() as conn:
        conn.execute("UPDATE task_queue SET run_after_utc = ? WHERE id=1", (text,))
### json.loads on other payload
import json
from pytest_queuekit.queue import QueueDatabase
def webhook(request):
    event = json.loads(request.form["payload"])
    return event
### json loads request.payload
import json
from pytest_queuekit.queue import TaskQueue
def consume(message, queue):
    body = json.loads(message.payload)
    queue.enqueue("x", body)
### select * to task with other name
from pytest_queuekit.queue import QueueDatabase, Task
def load(db, i):
    with db.connection() as conn:
        row = conn.execute("SELECT * FROM task_queue WHERE id = ?", (i,)).fetchone()
    return to_task(row)
def to_task(row):
    return Task.from_dict(dict(row))
### map from_dict
from pytest_queuekit.queue import QueueDatabase, Task
def load(db):
    with db.connection() as conn:
        rows = conn.execute("SELECT * FROM task_queue WHERE status='queued' LIMIT 10")
        return list(map(Task.from_dict, rows))
### distinct
from pytest_queuekit.queue import QueueDatabase
def n(db):
    with db.connection() as conn:
        return conn.execute("SELECT DISTINCT status FROM task_queue").fetchall()
### id range page
from pytest_queuekit.queue import QueueDatabase
def n(db, a):
    with db.connection() as conn:
        sql = "SELECT id FROM task_queue WHERE id BETWEEN ? AND ?"
        return conn.execute(sql, (a, a + 100)).fetchall()
### slow submitted in tx
import subprocess
from pytest_queuekit.queue import QueueDatabase
def run(db, pool):
    with db.transaction() as conn:
        conn.execute("UPDATE task_queue SET status='leased' WHERE id=1")
        pool.submit(work, 1)
        cb = lambda: subprocess.run(["x"])
        err = subprocess.CalledProcessError(1, "x")
def work(i):
    subprocess.run(["x"])
### requests exceptions/const in tx
import requests, httpx
from pytest_queuekit.queue import QueueDatabase
def run(db):
    with db.transaction() as conn:
        conn.execute("UPDATE task_queue SET status='leased' WHERE id=1")
        r = requests.Request("GET", "x")
        u = httpx.URL("x")
        raise requests.HTTPError("x")
### tx with generator callee (not run)
import time
from pytest_queuekit.queue import QueueDatabase
def ticks():
    while True:
        time.sleep(1)
        yield 1
def run(db):
    with db.transaction() as conn:
        g = ticks()
        conn.execute("UPDATE task_queue SET status='leased' WHERE id=1")
### async fn created not awaited
import asyncio
from pytest_queuekit.queue import QueueDatabase
async def later(): await asyncio.sleep(5)
def run(db, loop):
    with db.transaction() as conn:
        conn.execute("UPDATE task_queue SET status='leased' WHERE id=1")
        task = loop.create_task(later())
### other obj transaction with sleep (sentry)
import time, sentry_sdk
from pytest_queuekit.queue import QueueDatabase
def run(db):
    with sentry_sdk.start_transaction(name="x"):
        time.sleep(1)
    with tracer.transaction():
        time.sleep(1)
### read tx other db psycopg in file knowing queue
from pytest_queuekit.queue import QueueDatabase
def run(pg):
    with pg.transaction() as c:
        return c.execute("SELECT a FROM account WHERE id=1").fetchone()
### read in tx test of lock
def test_exclusive(queue_db):
    with queue_db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM task_queue").fetchone()[0] == 0
        other.write()
### placeholders
def f(conn, ids, cols):
    marks = ",".join("?" for _ in ids)
    conn.execute(f"DELETE FROM t WHERE id IN ({marks})", ids)
    marks2 = ", ".join(["?"] * len(ids))
    conn.execute("INSERT INTO t (a) VALUES (" + marks2 + ")", ids)
    marks3 = ",".join("?" * len(cols))
    conn.execute("INSERT INTO t (%s) VALUES (%s)" % (",".join(cols), marks3), ids)
    names = ",".join(f":{c}" for c in cols)
    conn.execute(f"INSERT INTO t ({','.join(cols)}) VALUES ({names})", {})
    sets = ", ".join(f"{c} = ?" for c in cols)
    conn.execute(f"UPDATE t SET {sets} WHERE id = ?", ids)
### placeholder dialect
PH = "?"
def f(conn, self, v):
    conn.execute(f"SELECT id FROM t WHERE a = {PH}", (v,))
    conn.execute(f"SELECT id FROM t WHERE a = {self.placeholder}", (v,))
    ph = "?" if sqlite else "%s"
    conn.execute(f"SELECT id FROM t WHERE a = {ph}", (v,))
    conn.execute("SELECT id FROM t WHERE a = {}".format(self.ph), (v,))
### placeholder func
def f(conn, db, v):
    conn.execute(f"SELECT id FROM t WHERE a = {db.param('a')}", (v,))
    conn.execute(f"SELECT id FROM t WHERE a = {placeholder(1)}", (v,))
### loop over constants
def f(conn):
    for status in ("queued", "leased"):
        conn.execute(f"SELECT count(*) FROM t WHERE status = '{status}'").fetchone()
### loop over constant names dict
NAMES = ("a", "b")
def f(conn):
    count = "SELECT count(*) FROM t WHERE status ="
    return {n: conn.execute(f"{count} '{n}'").fetchone() for n in NAMES}
### int conv
def f(conn, n):
    n = int(n)
    conn.execute(f"SELECT id FROM t WHERE a = {n} LIMIT {n}")
    days = max(1, int(n))
    conn.execute(f"DELETE FROM t WHERE at < datetime('now', '-{days} days')")
### non SQL execute
def f(executor, command, shell, name):
    executor.execute(f"UPDATE the settings of {name}")
    command.execute("SELECT your option: %s" % name)
    shell.execute(f"delete '{name}'")
    robot.execute(f"with {name} = '{name}' do")
    agent.execute(f"Select items where name = '{name}' and show")
### str of json
import json
from pytest_queuekit.queue import QueueDatabase
def add(db, data):
    with db.transaction() as conn:
        sql = "INSERT INTO task_queue (type, payload) VALUES (?, ?)"
        conn.execute(sql, ("x", str(orjson.dumps(data), "utf-8")))
### two functions of same param, unknown
from pytest_queuekit.queue import QueueDatabase
class A:
    def write(self, conn): conn.execute("DELETE FROM task_queue WHERE id=1")
class B:
    def write(self, conn): conn.execute("SELECT id FROM task_queue WHERE id=1")
def go(db, b: B):
    with db.connection() as conn:
        b.write(conn)
### attribute call same name elsewhere
from pytest_queuekit.queue import QueueDatabase
def save(conn): conn.execute("DELETE FROM task_queue WHERE id=1")
def go(db, save):
    with db.connection() as conn:
        save(conn)
### begin immediate in caller then helper writes
from pytest_queuekit.queue import QueueDatabase
def go(db):
    with db.connection() as conn:
        conn.execute("BEGIN IMMEDIATE")
        wipe(conn)
        conn.execute("COMMIT")
def wipe(conn):
    conn.execute("DELETE FROM task_queue WHERE id=1")
### with conn inside connection()
from pytest_queuekit.queue import QueueDatabase
def go(db):
    with db.connection() as conn:
        with begin_immediate(conn):
            conn.execute("DELETE FROM task_queue WHERE id=1")
### own datetimes on own table
from datetime import datetime
from pytest_queuekit.queue import QueueDatabase
def go(db, other):
    other.execute("INSERT INTO audit (at_utc) VALUES (?)", (datetime.now().isoformat(),))
    other.execute("SELECT a FROM audit WHERE at_utc > '2025-01-01'")
### Task( from celery / asyncio
from asyncio import Task
from pytest_queuekit.queue import QueueDatabase
def go(args): return Task(*args)
"""

CORRECT = {
    title: text
    for title, _, text in (
        part.partition("\n") for part in re.split(r"^### ", _ALL, flags=re.MULTILINE)[1:]
    )
}


@pytest.mark.parametrize("text", CORRECT.values(), ids=CORRECT.keys())
def test_correct_code_has_no_findings(text: str) -> None:
    """Code that may be right is never a finding."""
    assert codes(text) == []
