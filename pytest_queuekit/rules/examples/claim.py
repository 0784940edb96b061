"""Examples for CLAIM: single claims and batches."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "CLAIM-1": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state <> 'completed' AND due <= :now
            ORDER BY state = 'leased', priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.008 s  first     claim          → task-1
              0.012 s  second    claim          → task-2
            ▶ 0.016 s  third     claim          → task-1  expected: empty
        """,
    ),
    "CLAIM-2": Example(
        wrong="""
            def claim(self, worker):
                with self.transaction():
                    task_id = self.first_waiting()
                    return self.take(task_id, worker)  # raises ValueError for None
        """,
        right="""
            def claim(self, worker):
                with self.transaction():
                    task_id = self.first_waiting()
                    return None if task_id is None else self.take(task_id, worker)
        """,
        proof="""
              0.004 s  worker    claim          → ValueError
              0.006 s  producer  enqueue task-1 → ok
              0.009 s  worker    claim          → task-1
            ▶ 0.014 s  worker    claim          → ValueError  expected: empty
        """,
    ),
    "CLAIM-3": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task WHERE state = 'queued' AND due <= :now
            AND 6 > (SELECT count(*) FROM task WHERE state = 'leased'
                     AND worker = :worker)
            ORDER BY priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.014 s  producer  enqueue task-7 → ok
              0.036 s  worker    claim          → task-5
              0.038 s  worker    claim          → task-6
            ▶ 0.040 s  worker    claim          → empty  expected: task-7
        """,
    ),
    "CLAIM-4": Example(
        wrong="""
            @functools.cache  # remembers the first answer
            def is_empty(self):
                return self.count("queued") == 0

            def claim(self, worker):
                return None if self.is_empty() else super().claim(worker)
        """,
        right="""
            def is_empty(self):
                return self.count("queued") == 0

            def claim(self, worker):
                return None if self.is_empty() else super().claim(worker)
        """,
        proof="""
              0.004 s  worker    claim          → empty
              0.006 s  producer  enqueue task-1 → ok
            ▶ 0.008 s  worker    claim          → empty  expected: task-1
        """,
    ),
    "CLAIM-5": Example(
        wrong="""
            def take(self, task_id, worker, lease=60.0):
                self.run(f"UPDATE task SET worker = '{worker}' WHERE id = {task_id}")
                return super().take(task_id, worker, lease)
        """,
        right="""
            def take(self, task_id, worker, lease=60.0):
                note = "UPDATE task SET worker = :worker WHERE id = :id"
                self.run(note, worker=worker, id=task_id)
                return super().take(task_id, worker, lease)
        """,
        proof="""
              0.008 s  producer  enqueue task-2 → ok
              0.012 s  worker 2  claim          → task-2
              0.026 s  producer  enqueue task-5 → ok
            ▶ 0.030 s  it's      claim          → OperationalError  expected: task-5
        """,
    ),
    "CLAIM-6": Example(
        wrong="""
            def __init__(self, location):
                super().__init__(location)
                self.ids = self.waiting_ids()  # as they are now

            def first_waiting(self, *_):
                return self.ids.pop(0) if self.ids else None
        """,
        right="""
            def first_waiting(self, *_):
                ids = self.waiting_ids()  # asks the table at each claim
                return ids[0] if ids else None
        """,
        proof="""
              0.004 s  early  enqueue task-1-of-early → ok
            ▶ 0.006 s  late   claim                   → empty  expected: task-1-of-early
              0.012 s  early  enqueue task-2-of-early → ok
              0.014 s  late   claim                   → empty
        """,
    ),
    "CLAIM-7": Example(
        wrong="""
            def claim_many(self, worker, limit):
                with self.transaction():  # leases ten, returns fewer
                    claims = [self.claim(worker) for _ in range(max(limit, 10))]
                return [claim for claim in claims[:limit] if claim]
        """,
        right="""
            def claim_many(self, worker, limit):
                with self.transaction():
                    claims = [self.claim(worker) for _ in range(limit)]
                return [claim for claim in claims if claim]
        """,
        proof="""
              0.010 s  producer  enqueue task-5 → ok
              0.024 s  first     claim up to 4  → task-4  the last of its four
            ▶ 0.028 s  second    claim up to 1  → empty   expected: task-5
        """,
    ),
    "CLAIM-8": Example(
        wrong="""
            def claim_many(self, worker, limit):
                if self.count("queued") < limit:
                    return []  # wait for a full batch
                return super().claim_many(worker, limit)
        """,
        right="""
            def claim_many(self, worker, limit):
                limit = min(limit, self.count("queued"))
                return super().claim_many(worker, limit)
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.004 s  producer  enqueue task-2 → ok
              0.006 s  producer  enqueue task-3 → ok
            ▶ 0.010 s  worker    claim up to 50 → empty  expected: task-1 to task-3
        """,
    ),
    "CLAIM-9": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'  -- the whole batch
            WHERE worker = :worker AND state = 'leased'
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.012 s  worker  claim up to 3   → task-1   in one batch
              0.012 s  worker  claim up to 3   → task-2   in one batch
              0.014 s  worker  complete task-1 → ok
            ▶ 0.016 s  worker  release task-2  → refused  expected: ok
        """,
    ),
}
