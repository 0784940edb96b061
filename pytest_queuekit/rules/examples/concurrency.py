"""Examples for RACE: threads and processes at work."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "RACE-1": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                task_id = self.first_waiting()  # two threads find the same task
                return task_id and self.take(task_id, worker, lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                with self.transaction():
                    task_id = self.first_waiting()
                    return task_id and self.take(task_id, worker, lease)
        """,
        proof="""
              0.226 s  claimer-4  claim           → task-1
            ▶ 0.226 s  claimer-3  claim           → task-1  expected: task-2
              0.229 s  claimer-3  complete task-1 → refused
              0.230 s  claimer-4  complete task-1 → refused
        """,
    ),
    "RACE-2": Example(
        wrong="""
            lock = threading.Lock()  # each process has a lock of its own
            def claim(self, worker, *, lease=60.0):
                with self.lock:
                    task_id = self.first_waiting()
                    return task_id and self.take(task_id, worker, lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                with self.transaction():
                    task_id = self.first_waiting()
                    return task_id and self.take(task_id, worker, lease)
        """,
        proof="""
              2.712 s  claimer-2  claim           → task-1
            ▶ 2.714 s  claimer-3  claim           → task-1  expected: task-2
              2.784 s  claimer-3  complete task-1 → ok
              2.807 s  claimer-2  complete task-1 → ok      the work was done twice
        """,
    ),
    "RACE-3": Example(
        wrong="""
            add = "REPLACE INTO task (id, payload, due) VALUES (:id, :text, 0)"

            def enqueue(self, payload):  # two threads read the same count
                ((last,),) = self.run("SELECT count(*) FROM task")
                self.run(self.add, id=last + 1, text=self.encode(payload))
        """,
        right="""
            def enqueue(self, payload):
                return self.insert(payload)  # one statement: the table gives the id
        """,
        proof="""
              0.005 s  producer-1  enqueue producer-1-1 → ok
              0.005 s  producer-2  enqueue producer-2-1 → ok     the same id
              0.012 s  claimer-1   claim                → producer-2-1
            ▶ 6.500 s  collector   claim                → empty  expected: a task
        """,
    ),
    "RACE-4": Example(
        wrong="""
            timeout = 0  # seconds to wait for the lock

            def enqueue(self, payload):
                with suppress(BusyError):  # the task is lost
                    return self.insert(payload)
        """,
        right="""
            timeout = 20  # seconds to wait for the lock

            def enqueue(self, payload):
                return self.insert(payload)  # BusyError tells the caller to try again
        """,
        proof="""
              0.008 s  producer-1  enqueue producer-1-1 → ok
              0.008 s  producer-2  enqueue producer-2-1 → ok     was locked
              0.015 s  claimer-1   claim                → producer-1-1
            ▶ 0.814 s  collector   claim                → empty  expected: a task
        """,
    ),
    "RACE-5": Example(
        wrong="""
            number = 0

            def enqueue(self, payload):
                self.number += 1  # the count of this instance alone
                return self.insert(payload, priority=self.number)
        """,
        right="""
            def enqueue(self, payload):
                return self.insert(payload)  # the table numbers the tasks of all
        """,
        proof="""
              0.016 s  producer-3  enqueue producer-3-3 → ok
              0.018 s  producer-4  enqueue producer-4-1 → ok
            ▶ 0.418 s  worker      claim                → producer-4-1  out of order
              0.443 s  worker      claim                → producer-3-3
        """,
    ),
    "RACE-6": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM (  -- any of the first twenty: claimers seldom collide
                SELECT id FROM task WHERE state = 'queued' AND due <= :now
                ORDER BY priority, id LIMIT 20)
            ORDER BY random() LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.004 s  stocker    enqueue task-1 → ok      priority 10
              0.016 s  stocker    enqueue task-4 → ok      priority 20
            ▶ 2.750 s  claimer-3  claim          → task-4  expected: task-1
              2.755 s  claimer-1  claim          → task-1
        """,
    ),
    "RACE-7": Example(
        wrong="""
            timeout = 0
            def claim(self, worker, *, lease=60.0):
                try:
                    return super().claim(worker, lease=lease)
                except BusyError:
                    return None  # locked, so perhaps empty
        """,
        right="""
            timeout = 20  # seconds to wait for the lock; BusyError after that

            def claim(self, worker, *, lease=60.0):
                return super().claim(worker, lease=lease)
        """,
        proof="""
              0.179 s  stocker    enqueue task-60 → ok
              3.188 s  claimer-2  claim           → task-1  holds the write lock
            ▶ 3.188 s  claimer-1  claim           → empty   expected: task-2
              3.760 s  claimer-3  claim           → task-60
        """,
    ),
    "RACE-8": Example(
        wrong="""
            def open(self):
                if not self.run("SELECT * FROM sqlite_master WHERE name = 'task'"):
                    self.run(TABLE.replace("IF NOT EXISTS", ""))
        """,
        right="""
            def open(self):
                self.run(TABLE)  # CREATE TABLE IF NOT EXISTS task ...
        """,
        proof="""
              0.000 s  opener-3  open               → ok
            ▶ 0.000 s  opener-8  open               → OperationalError  expected: ok
              0.013 s  opener-3  enqueue opener-3-1 → ok
        """,
    ),
    "RACE-9": Example(
        wrong="""
            def claim_many(self, worker, limit):
                ids = self.waiting_ids()[:limit]  # two threads find the same tasks
                return [self.take(task_id, worker) for task_id in ids]
        """,
        right="""
            def claim_many(self, worker, limit):
                with self.transaction():
                    ids = self.waiting_ids()[:limit]
                    return [self.take(task_id, worker) for task_id in ids]
        """,
        proof="""
              0.145 s  claimer-4  claim up to 5   → task-1  and four more
            ▶ 0.145 s  claimer-2  claim up to 5   → task-1  expected: task-6
              0.154 s  claimer-4  complete task-1 → refused
              0.159 s  claimer-2  complete task-1 → ok
        """,
    ),
    "RACE-10": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE state = 'leased'  -- the tasks of other workers, too
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased'
                AND token = :token  -- this delivery of this task alone
        """,
        proof="""
              0.027 s  claimer-4  claim                → producer-1-1
              0.028 s  claimer-1  release producer-1-2 → ok
            ▶ 0.029 s  claimer-1  claim                → producer-1-1  still held
              0.030 s  claimer-4  release producer-1-1 → refused
        """,
    ),
    "RACE-11": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased'
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              1.282 s  slow       claim           → task-1  lease until 2.282 s
              2.284 s  heir       claim           → task-1  lease until 3.284 s
            ▶ 3.604 s  slow       complete task-1 → ok      expected: refused
              5.735 s  collector  claim           → empty   the task is lost
        """,
    ),
    "RACE-12": Example(
        wrong="""
            timeout = 0  # seconds to wait for the lock
        """,
        right="""
            timeout = 20  # seconds to wait for the lock
        """,
        proof="""
              0.022 s  producer-1  enqueue producer-1-1 → ok
            ▶ 0.022 s  producer-2  enqueue producer-2-1 → busy  expected: ok
              0.024 s  producer-1  enqueue producer-1-2 → ok
        """,
    ),
    "RACE-13": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                if not worker.endswith(("1", "2")):  # not one of the preferred two
                    time.sleep(1)
                return super().claim(worker, lease=lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                return super().claim(worker, lease=lease)
        """,
        proof="""
              2.043 s  claimer-1  claim → task-1
            ▶ 2.043 s  claimer-4  claim → empty  after 1 s; expected: its share
              2.051 s  claimer-1  claim → task-3
              2.945 s  claimer-2  claim → task-100
        """,
    ),
    "RACE-14": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM (  -- any of the first twenty: claimers seldom collide
                SELECT id FROM task WHERE state = 'queued' AND due <= :now
                ORDER BY priority, id LIMIT 20)
            ORDER BY random() LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.006 s  stocker    enqueue task-4 → ok
              0.007 s  stocker    enqueue task-5 → ok
            ▶ 3.152 s  claimer-3  claim          → task-5  expected: task-4
              3.162 s  claimer-3  claim          → task-4
        """,
    ),
    "RACE-15": Example(
        wrong="""
            lock = threading.Lock()
            def claim(self, worker, *, lease=60.0):
                if self.lock.locked():
                    return None  # another thread is claiming
                with self.lock:
                    return super().claim(worker, lease=lease)
        """,
        right="""
            lock = threading.Lock()

            def claim(self, worker, *, lease=60.0):
                with self.lock:
                    return super().claim(worker, lease=lease)
        """,
        proof="""
              0.157 s  stocker    enqueue task-60 → ok
              0.161 s  claimer-1  claim           → task-1  holds the lock
            ▶ 0.161 s  claimer-3  claim           → empty   expected: task-2
              0.548 s  claimer-1  claim           → task-60
        """,
    ),
    "RACE-16": Example(
        wrong="""
            def release(self, claim):
                rows = self.run("SELECT state, id FROM task")  # reads every task,
                rows = [("queued" if i == claim.task_id else s, i) for s, i in rows]
                save = "UPDATE task SET state = ? WHERE id = ?"
                self.db.executemany(save, rows)  # and undoes what others changed since
        """,
        right="""
            def release(self, claim):
                held = "id = :id AND state = 'leased' AND token = :token"
                save = f"UPDATE task SET state = 'queued' WHERE {held} RETURNING id"
                if not self.run(save, id=claim.task_id, token=claim.token):
                    raise RefusedError("not held")  # writes its own task, and no other
        """,
        proof="""
              0.116 s  claimer-4  claim                → producer-2-13
              0.118 s  claimer-2  release producer-2-7 → ok             and old states
            ▶ 0.119 s  claimer-1  claim                → producer-2-13  still held
              0.120 s  claimer-4  fail producer-2-13   → refused
        """,
    ),
}
