"""Examples for ORDER: ties, priorities and batches."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "ORDER-1": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, CAST(id AS TEXT) LIMIT 1  -- '10' sorts before '9'
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.018 s  producer  enqueue task-9  → ok
              0.020 s  producer  enqueue task-10 → ok
            ▶ 0.058 s  worker    claim           → task-10  expected: task-9
              0.168 s  worker    claim           → task-9
        """,
    ),
    "ORDER-2": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id DESC LIMIT 1
        """,
        proof="""
              0.008 s  producer  enqueue task-4  → ok
              0.048 s  producer  enqueue task-24 → ok
            ▶ 0.068 s  worker    claim           → task-4  expected: task-24
              0.168 s  worker    claim           → task-24
        """,
    ),
    "ORDER-3": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY CAST(priority AS TEXT), id LIMIT 1  -- '1000' sorts before '9'
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok      priority 100
              0.012 s  producer  enqueue task-6 → ok      priority 99
            ▶ 0.033 s  worker    claim          → task-1  expected: task-6
              0.063 s  worker    claim          → task-6
        """,
    ),
    "ORDER-4": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id DESC LIMIT 1  -- the newest first
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.002 s  producer  enqueue task-1-of-20 → ok            priority 20
              0.006 s  producer  enqueue task-2-of-20 → ok            priority 20
            ▶ 0.158 s  worker    claim                → task-2-of-20  out of order
              0.168 s  worker    claim                → task-1-of-20
        """,
    ),
    "ORDER-5": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id DESC LIMIT 1
        """,
        proof="""
              0.004 s  producer  enqueue task-1-of-10  → ok            priority 10
              0.048 s  producer  enqueue task-12-of-10 → ok            priority 10
            ▶ 0.053 s  worker    claim                 → task-1-of-10  out of order
              0.108 s  worker    claim                 → task-12-of-10
        """,
    ),
    "ORDER-6": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY due, priority, id LIMIT 1  -- priority only breaks ties
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.006 s  producer  enqueue round-1-2    → ok         priority 50
              0.012 s  producer  enqueue round-1-late → ok         priority 10
            ▶ 0.014 s  worker    claim                → round-1-2  out of order
              0.026 s  worker    claim                → round-1-late
        """,
    ),
    "ORDER-7": Example(
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
              0.014 s  right   enqueue task-2-of-right-too → ok
              0.016 s  left    enqueue task-3-of-left      → ok
            ▶ 0.068 s  worker  claim                       → task-3-of-left  too early
              0.073 s  worker  claim                       → task-2-of-right-too
        """,
    ),
    "ORDER-8": Example(
        wrong="""
            reserved = ()

            def claim(self, worker):
                self.reserved = self.reserved or self.claim_many(worker, 2)
                return self.reserved.pop(0) if self.reserved else None
        """,
        right="""
            def claim(self, worker):
                with self.transaction():
                    task_id = self.first_waiting()
                    return None if task_id is None else self.take(task_id, worker)
        """,
        proof="""
              0.004 s  producer  enqueue task-2 → ok
              0.006 s  producer  enqueue task-3 → ok
            ▶ 0.024 s  right     claim          → task-3  expected: task-2
              0.026 s  left      claim          → task-2
        """,
    ),
    "ORDER-9": Example(
        wrong="""
            def enqueue_many(self, payloads):
                with self.transaction():  # 100 is the priority of all other tasks
                    return [self.insert(payload, priority=99) for payload in payloads]
        """,
        right="""
            def enqueue_many(self, payloads):
                with self.transaction():
                    return [self.insert(payload) for payload in payloads]
        """,
        proof="""
              0.004 s  producer  enqueue between  → ok
              0.006 s  producer  enqueue second-1 → ok        first of a batch
            ▶ 0.071 s  worker    claim            → second-1  expected: between
              0.086 s  worker    claim            → between
        """,
    ),
    "ORDER-10": Example(
        wrong="""
            def claim_many(self, worker, limit):
                with self.transaction():
                    ids = self.waiting_ids()[-limit:]
                    return [self.take(task_id, worker) for task_id in ids]
        """,
        right="""
            def claim_many(self, worker, limit):
                with self.transaction():
                    ids = self.waiting_ids()[:limit]
                    return [self.take(task_id, worker) for task_id in ids]
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.008 s  producer  enqueue task-4 → ok
            ▶ 0.032 s  worker    claim up to 3  → task-4  expected: task-1
              0.034 s  worker    claim up to 3  → task-1
        """,
    ),
    "ORDER-11": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, state = 'queued'  -- at once, at the head
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  producer  enqueue broken → ok
              0.004 s  producer  enqueue task-1 → ok
            ▶ 0.010 s  worker    claim          → broken  fifty times in a row
              0.012 s  worker    fail broken    → ok
        """,
    ),
    "ORDER-12": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', priority = priority + 1  -- goes behind
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  producer  enqueue release-1 → ok
              0.017 s  worker    release release-1 → ok
            ▶ 0.021 s  worker    claim             → release-3  expected: release-1
        """,
    ),
    "ORDER-13": Example(
        wrong="""
            def claim_many(self, worker, limit):
                with self.transaction():
                    ids = self.waiting_ids()[:limit]
                    return [self.take(task_id, worker) for task_id in sorted(ids)]
        """,
        right="""
            def claim_many(self, worker, limit):
                with self.transaction():
                    ids = self.waiting_ids()[:limit]  # RETURNING keeps no order
                    return [self.take(task_id, worker) for task_id in ids]
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok      priority 100
              0.004 s  producer  enqueue task-2 → ok      priority 9
              0.020 s  worker    claim up to 5  → task-2
            ▶ 0.020 s  worker    claim up to 5  → task-5
        """,
    ),
}
