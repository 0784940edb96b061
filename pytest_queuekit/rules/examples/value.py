"""Examples for VALUE: hostile arguments."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "VALUE-1": Example(
        wrong="""
            def enqueue(self, payload, *, delay=0.0):
                self.run("BEGIN IMMEDIATE")
                task_id = self.insert(payload, delay=delay)  # may raise
                self.run("COMMIT")
                return task_id
        """,
        right="""
            def enqueue(self, payload, *, delay=0.0):
                with self.transaction():  # rolls back if the block raises
                    return self.insert(payload, delay=delay)
        """,
        proof="""
              0.105 s  caller  enqueue payload-huge-integer → ok
              0.118 s  caller  enqueue payload-not-a-number → ValueError
            ▶ 0.120 s  other   enqueue payload-not-a-number-then-other → busy
        """,
    ),
    "VALUE-2": Example(
        wrong="""
            def take(self, task_id, worker, lease):
                self.run("UPDATE task SET state = 'leased' WHERE id = :i", i=task_id)
                self.run("COMMIT")
                self.run("BEGIN IMMEDIATE")
                return super().take(task_id, worker, lease)  # checks the lease
        """,
        right="""
            def take(self, task_id, worker, lease):
                return super().take(task_id, worker, lease)  # in one transaction
        """,
        proof="""
              0.486 s  caller  enqueue lease-zero → ok
              0.488 s  caller  claim              → refused  lease=0
            ▶ 0.492 s  other   claim              → empty    expected: lease-zero
        """,
    ),
    "VALUE-3": Example(
        wrong="""
            def fail(self, claim, error):
                self.run("BEGIN IMMEDIATE")
                error = error.encode()  # raises for half a surrogate pair
                self.acknowledge("fail", claim, error=error)
                self.run("COMMIT")
        """,
        right="""
            def fail(self, claim, error):
                error = str(error).encode(errors="backslashreplace")
                self.acknowledge("fail", claim, error=error)
        """,
        proof="""
              0.010 s  caller  claim → error-zero
              0.012 s  caller  fail  → AttributeError  error=0
            ▶ 0.016 s  other   enqueue error-zero-then-other → busy
        """,
    ),
    "VALUE-4": Example(
        wrong="""
            def enqueue(self, payload, *, priority=100):
                return self.insert(payload, priority=priority or 100)
        """,
        right="""
            def enqueue(self, payload, *, priority=100):
                return self.insert(payload, priority=priority)
        """,
        proof="""
              0.002 s  producer   enqueue task-1 → ok      priority 5
              0.004 s  producer   enqueue task-2 → ok      priority 0
            ▶ 0.105 s  collector  claim          → task-1  expected: task-2
        """,
    ),
    "VALUE-5": Example(
        wrong="""
            def cancel(self, task_id):
                self.run(f"DELETE FROM task WHERE state = 'queued' "
                         f"AND id = '{task_id}'")
        """,
        right="""
            def cancel(self, task_id):
                self.run("DELETE FROM task WHERE state = 'queued' "
                         "AND id = :id", id=task_id)
        """,
        proof="""
              0.002 s  producer   enqueue task-1 → ok
              0.020 s  producer   cancel         → ok     ' OR '1'='1
            ▶ 0.065 s  collector  claim          → empty  expected: task-1
        """,
    ),
    "VALUE-6": Example(
        wrong="""
            def claim_many(self, worker, limit):
                ids = self.run("SELECT id FROM task WHERE state = 'queued' "
                               "AND due <= :now LIMIT :limit", limit=limit)
                return [self.take(row[0], worker, 60.0) for row in ids]
        """,
        right="""
            def claim_many(self, worker, limit):
                ids = self.run("SELECT id FROM task WHERE state = 'queued' "
                               "AND due <= :now LIMIT max(:limit, 0)", limit=limit)
                return [self.take(row[0], worker, 60.0) for row in ids]
        """,
        proof="""
              0.023 s  producer  enqueue negative-1 → ok
              0.025 s  producer  enqueue negative-2 → ok
            ▶ 0.027 s  worker    claim → negative-1  limit -1, and a second task
        """,
    ),
    "VALUE-7": Example(
        wrong="""
            def claim(self, worker):
                task_id = self.first_waiting()
                claim = task_id and self.take(task_id, worker, 60.0)
                return claim if claim and claim.payload else None
        """,
        right="""
            def claim(self, worker):
                task_id = self.first_waiting()
                return None if task_id is None else self.take(task_id, worker, 60.0)
        """,
        proof="""
              0.002 s  worker  enqueue no-text → ok     the payload is ''
            ▶ 0.004 s  worker  claim           → empty  expected: no-text
              0.006 s  worker  enqueue digit-as-text → ok
        """,
    ),
    "VALUE-8": Example(
        wrong="""
            def enqueue(self, payload, *, key=None):
                held = self.holder(key) if key else None
                return held or self.insert(payload, key=key)
        """,
        right="""
            def enqueue(self, payload, *, key=None):
                held = self.holder(key) if key is not None else None
                return held or self.insert(payload, key=key)
        """,
        proof="""
              0.002 s  producer   enqueue empty-first  → ok            key ''
              0.004 s  producer   enqueue empty-second → ok            key ''
              0.090 s  collector  claim                → empty-first
            ▶ 0.094 s  collector  claim                → empty-second  expected: another
        """,
    ),
}
