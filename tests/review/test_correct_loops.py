"""Correct loops and pools that a review easily takes for wrong have no findings."""

from __future__ import annotations

import re

import pytest

from tests.review.findings import codes

_ALL = """
### threads that run one at a time
import threading
from pytest_queuekit.queue import TaskQueue
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    for n in range(20):
        t = threading.Thread(target=w, args=(c,))
        t.start()
        t.join()
### wide pool that leaves the queue alone
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue import TaskQueue
def fetch(url): return url.read()
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c, urls):
    with ThreadPoolExecutor(4) as workers, ThreadPoolExecutor(32) as fetchers:
        workers.submit(w, c)
        fetchers.map(fetch, urls)
### wide pool whose workers take turns
import threading
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue import TaskQueue
slots = threading.Semaphore(4)
def w(c):
    with slots_semaphore: c.claim_task("a", {}, lease_seconds=6)
def f(c):
    with ThreadPoolExecutor(32) as pool: pool.submit(w, c)
### wide pool that only reads the queue
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue import QueueDatabase
def count(db):
    with db.connection() as conn: return conn.execute("SELECT count(*) FROM task_queue").fetchone()
def f(db):
    with ThreadPoolExecutor(32) as pool: pool.submit(count, db)
### wide pool with the enqueue of another library
import rq
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue import QueueDatabase
def w(path): rq.Queue(path).enqueue("mail")
def f(path):
    with ThreadPoolExecutor(32) as pool: pool.submit(w, path)
### as many workers as the limit
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue import TaskQueue
from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS
def w(c): c.claim_task("a", {}, lease_seconds=6)
def f(c):
    with ThreadPoolExecutor(MAX_CONCURRENT_WORKERS) as pool: pool.submit(w, c)
### loop that waits
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
import time
def f(queue: TaskQueue, payloads):
    for payload in payloads:
        queue.enqueue("mail", payload)
        time.sleep(1)
### loop that retries
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
import time
def f(queue: TaskQueue, payload):
    for attempt in range(20):
        try:
            queue.enqueue("mail", payload)
            return
        except QueueBusyError:
            time.sleep(attempt)
### loop that handles the error of each task
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(queue: TaskQueue, payloads, log):
    for payload in payloads:
        try:
            queue.enqueue("mail", payload)
        except ValueError as error:
            log(error)
### task that names the task before
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(queue: TaskQueue, payloads):
    before = None
    for payload in payloads:
        before = queue.enqueue("mail", {"after": before, "payload": payload})
### task that names the last collected task
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(queue: TaskQueue, payloads):
    ids = [0]
    for payload in payloads:
        ids.append(queue.enqueue("mail", {"after": ids[-1], "payload": payload}))
### answer decides
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(queue: TaskQueue, payloads):
    for payload in payloads:
        if queue.enqueue("mail", payload) > 100:
            break
### tasks that arrive one by one
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(queue: TaskQueue, stream, client):
    for event in stream:
        queue.enqueue("mail", event)
    for update in client.updates():
        queue.enqueue("mail", update)
### tasks from a generator
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def poll(client):
    while True:
        yield client.receive()
def f(queue: TaskQueue, client):
    for payload in poll(client):
        queue.enqueue("mail", payload)
### tasks from an iterator
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
from collections.abc import Iterator
def f(queue: TaskQueue, payloads: Iterator[str]):
    for payload in payloads:
        queue.enqueue("mail", payload)
### work between the tasks
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
from pages import fetch
def f(db, queue: TaskQueue, urls, tasks):
    for url in urls:
        queue.enqueue("page", fetch(url))
    for task in tasks:
        task.run()
        with db.transaction() as conn:
            conn.execute("UPDATE task_queue SET status = 'completed' WHERE id = ?", (task.id,))
### one transaction around the loop
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(db, queue: TaskQueue, payloads):
    with db.transaction():
        for payload in payloads:
            queue.enqueue("mail", payload)
### one transaction in the caller
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def add(queue: TaskQueue, payloads):
    for payload in payloads:
        queue.enqueue("mail", payload)
def f(db, payloads):
    with db.transaction():
        add(TaskQueue(db), payloads)
### batches
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(db, queue: TaskQueue, batches, chunks):
    for batch in batches:
        queue.enqueue_many("mail", batch)
    for chunk in chunks:
        with db.transaction() as conn:
            conn.executemany("INSERT INTO task_queue (type) VALUES (?)", chunk)
    for status in ("completed", "failed"):
        with db.transaction() as conn:
            conn.execute("DELETE FROM task_queue WHERE status = ?", (status,))
### a few tasks
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def f(queue: TaskQueue):
    for name in ("first", "second", "third"):
        queue.enqueue("mail", name)
    return [queue.enqueue("mail", number) for number in range(3)]
### setup of a test
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
def test_order(queue_tasks):
    for number in range(50):
        queue_tasks.enqueue("mail", number)
### queue of another library
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
import rq
def f(redis, payloads):
    queue = rq.Queue(connection=redis)
    for payload in payloads:
        queue.enqueue("mail", payload)
### measured
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue
import time
def f(queue: TaskQueue, payloads):
    times = []
    for payload in payloads:
        began = time.perf_counter()
        queue.enqueue("mail", payload)
        times.append(time.perf_counter() - began)
"""

CORRECT = {
    title: text
    for title, _, text in (
        part.partition("\n") for part in re.split(r"^### ", _ALL, flags=re.MULTILINE)[1:]
    )
}


@pytest.mark.parametrize("text", CORRECT.values(), ids=CORRECT.keys())
def test_a_correct_loop_or_pool_has_no_findings(text: str) -> None:
    """Code that may be right is never a finding."""
    assert codes(text) == []
