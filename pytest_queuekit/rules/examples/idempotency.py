"""Examples for KEY: idempotency keys."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "KEY-1": Example(
        wrong="""
            def enqueue(self, payload, *, key=None):
                return self.insert(payload, key=key)  # stores the key, looks for none
        """,
        right="""
            def enqueue(self, payload, *, key=None):
                with self.transaction():
                    held = self.holder(key)
                    return held or self.insert(payload, key=key)
        """,
        proof="""
              0.002 s  producer   enqueue first  → ok      key order-1
              0.004 s  producer   enqueue second → ok      key order-1
              0.015 s  collector  claim          → first
            ▶ 0.020 s  collector  claim          → second  expected: empty
        """,
    ),
    "KEY-2": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state = 'queued'
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
        """,
        proof="""
              0.004 s  producer  enqueue first  → ok      key order-1
              0.006 s  worker    claim          → first
              0.008 s  producer  enqueue second → ok      key order-1
            ▶ 0.010 s  worker    claim          → second  expected: empty
        """,
    ),
    "KEY-3": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased') AND due <= :now
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
        """,
        proof="""
               0.002 s  producer   enqueue first  → ok      delay 2 s, key order-1
               0.004 s  producer   enqueue second → ok      key order-1
            ▶  0.008 s  worker     claim          → second  expected: empty
              62.135 s  collector  claim          → first
        """,
    ),
    "KEY-4": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
            AND error IS NULL  -- a failure frees the key
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
        """,
        proof="""
              0.004 s  producer   enqueue first  → ok      key order-1
              0.008 s  worker     fail first     → ok
              0.010 s  producer   enqueue second → ok      key order-1
              2.137 s  collector  claim          → first
            ▶ 2.142 s  collector  claim          → second  expected: empty
        """,
    ),
    "KEY-5": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key COLLATE NOCASE
            AND state IN ('queued', 'leased')
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
        """,
        proof="""
              0.002 s  producer   enqueue task-1 → ok     key order-1
              0.004 s  producer   enqueue task-2 → ok     key Order-1
              0.043 s  collector  claim          → task-1
              0.048 s  collector  claim          → task-3
            ▶ 0.128 s  collector  claim          → empty  expected: task-2
        """,
    ),
    "KEY-6": Example(
        wrong="""
            def enqueue(self, payload, *, key=""):
                with self.transaction():
                    held = self.holder(key)  # finds "" of a task without a key
                    return held or self.insert(payload, key=key)
        """,
        right="""
            def enqueue(self, payload, *, key=None):
                with self.transaction():
                    held = self.holder(key)
                    return held or self.insert(payload, key=key)
        """,
        proof="""
              0.004 s  producer   enqueue task-1 → ok
              0.006 s  producer   enqueue task-2 → ok
              0.022 s  collector  claim          → task-1
            ▶ 0.027 s  collector  claim          → empty  expected: task-2
        """,
    ),
    "KEY-7": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key  -- in any state; declared: until completion
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
        """,
        proof="""
              0.004 s  producer   enqueue first  → ok     key order-1
              0.010 s  worker     complete first → ok     frees the key
              0.012 s  producer   enqueue second → ok     key order-1
              0.019 s  collector  claim          → other
            ▶ 0.024 s  collector  claim          → empty  expected: second
        """,
    ),
    "KEY-8": Example(
        wrong="""
            def enqueue(self, payload, *, key=None):
                task_id = self.insert(payload, key=key)
                if self.holder(key):  # finds the new task itself
                    self.run("DELETE FROM task WHERE id = :id", id=task_id)
        """,
        right="""
            def enqueue(self, payload, *, key=None):
                with self.transaction():
                    held = self.holder(key)
                    return held or self.insert(payload, key=key)
        """,
        proof="""
              0.004 s  producer  enqueue task-1 → ok     key key-of-task-1
            ▶ 0.006 s  worker    claim          → empty  expected: task-1
              0.008 s  producer  enqueue task-2 → ok     key key-of-task-2
              0.010 s  worker    claim          → empty
        """,
    ),
    "KEY-9": Example(
        wrong="""
            def enqueue(self, payload, *, key=None):
                held = self.holder(key)  # another process inserts after this look
                return held or self.insert(payload, key=key)
        """,
        right="""
            def enqueue(self, payload, *, key=None):
                with self.transaction():
                    held = self.holder(key)
                    return held or self.insert(payload, key=key)
        """,
        proof="""
              0.007 s  producer-4  enqueue producer-4-1 → ok            key key-1
              0.007 s  producer-1  enqueue producer-1-1 → ok            key key-1
              0.642 s  collector   claim                → producer-4-1
            ▶ 0.647 s  collector   claim                → producer-1-1  expected: empty
        """,
    ),
    "KEY-10": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', key = NULL
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.004 s  producer   enqueue first  → ok      key order-1
              0.006 s  worker     claim          → first
              0.008 s  worker     release first  → ok
              0.010 s  producer   enqueue second → ok      key order-1
            ▶ 0.022 s  collector  claim          → second  expected: empty
        """,
    ),
    "KEY-11": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key
            AND (state = 'queued' OR state = 'leased' AND lease_end > :now)
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
        """,
        proof="""
                0.002 s  producer   enqueue first  → ok      key order-1
                0.006 s  vanished   claim          → first   lease until 60.006 s
               60.068 s  producer   enqueue second → ok      key order-1
              181.263 s  collector  claim          → first
            ▶ 181.268 s  collector  claim          → second  expected: empty
        """,
    ),
    "KEY-12": Example(
        wrong="""
            def enqueue(self, payload, *, key=None):
                held = self.holder(key)  # before the lock
                with self.transaction():
                    return held or self.insert(payload, key=key)
        """,
        right="""
            def enqueue(self, payload, *, key=None):
                with self.transaction():
                    held = self.holder(key)
                    return held or self.insert(payload, key=key)
        """,
        proof="""
              0.002 s  producer-4  enqueue producer-4-1 → ok            key key-1
              0.002 s  producer-3  enqueue producer-3-1 → ok            key key-1
              0.596 s  collector   claim                → producer-4-1
            ▶ 0.605 s  collector   claim                → producer-3-1  expected: empty
        """,
    ),
    "KEY-13": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task WHERE key = :key AND state IN ('queued', 'leased')
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task WHERE key = :key AND state = 'queued'
        """,
        proof="""
              0.004 s  worker     claim          → first
              0.006 s  producer   enqueue second → ok     key order-1
            ▶ 0.013 s  collector  claim          → empty  expected: second
        """,
    ),
    "KEY-14": Example(
        wrong="""
            def enqueue(self, payload, *, key=None):
                with self.transaction():
                    return self.holder(key) or self.insert(payload, key=key)
        """,
        right="""
            def enqueue(self, payload, *, key=None):
                change = "UPDATE task SET payload = :text WHERE id = :id"
                with self.transaction():
                    task_id = self.holder(key) or self.insert(payload, key=key)
                    self.run(change, text=self.encode(payload), id=task_id)
                    return task_id
        """,
        proof="""
              0.002 s  producer   enqueue first  → ok     key order-1
              0.003 s  producer   enqueue second → ok     key order-1
            ▶ 0.009 s  collector  claim          → first  expected: second
        """,
    ),
    "KEY-15": Example(
        wrong="""
            def enqueue_many(self, payloads, *, keys=None):
                pairs = zip(payloads, keys or [None] * len(payloads))
                held = [(self.holder(key), payload, key) for payload, key in pairs]
                return [holder or self.insert(payload, key=key)
                        for holder, payload, key in held]
        """,
        right="""
            def enqueue_many(self, payloads, *, keys=None):
                pairs = zip(payloads, keys or [None] * len(payloads))
                with self.transaction():
                    return [self.holder(key) or self.insert(payload, key=key)
                            for payload, key in pairs]
        """,
        proof="""
              0.008 s  producer   enqueue first → ok     key order-4, a batch of 3
              0.008 s  producer   enqueue twin  → ok     key order-4, in the same batch
              0.032 s  collector  claim         → first
            ▶ 0.038 s  collector  claim         → twin   expected: second-plain
        """,
    ),
    "KEY-16": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task WHERE key = :key
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task WHERE key = :key AND due - delay > :now - 60
        """,
        proof="""
               0.003 s  producer   enqueue first → ok     key order-1
              61.022 s  producer   enqueue late  → ok     key order-1
            ▶ 61.034 s  collector  claim         → empty  expected: late
        """,
    ),
    "KEY-17": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task WHERE key = :key AND due - delay > :now - 60
                AND (expires IS NULL OR expires > :now)
        """,
        right="""
            -- enqueue: look up the key
            SELECT id FROM task WHERE key = :key AND due - delay > :now - 60
        """,
        proof="""
               0.002 s  producer  enqueue order-1-first → ok  expires 15
              30.068 s  producer  enqueue order-1-early → ok
            ▶ 30.070 s  worker    claim → order-1-early
        """,
    ),
}
