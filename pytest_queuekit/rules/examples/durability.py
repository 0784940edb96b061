"""Examples for DURABLE: restarts and kills."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "DURABLE-1": Example(
        wrong="""
            def enqueue(self, payload):
                if not self.db.in_transaction:
                    self.run("BEGIN")  # close() does not commit
                return self.insert(payload)
        """,
        right="""
            def enqueue(self, payload):
                with self.transaction():  # commits before the answer
                    return self.insert(payload)
        """,
        proof="""
              0.002 s  producer   enqueue task-1 → ok
              0.010 s  producer   enqueue task-5 → ok
              0.012 s  producer   close          → ok
            ▶ 0.021 s  collector  claim          → empty  expected: task-1
        """,
    ),
    "DURABLE-2": Example(
        wrong="""
            def claim(self, worker):
                if not self.db.in_transaction:  # of the claim and its completion
                    self.run("BEGIN IMMEDIATE")  # close() does not commit it
                return super().claim(worker)
        """,
        right="""
            def claim(self, worker):
                with self.transaction():  # committed, and so is the completion later
                    return super().claim(worker)
        """,
        proof="""
              0.008 s  worker     claim           → task-1
              0.010 s  worker     complete task-1 → ok
              0.014 s  worker     close           → ok
            ▶ 0.021 s  collector  claim           → task-1  expected: task-2
        """,
    ),
    "DURABLE-3": Example(
        wrong="""
            def open(self):
                super().open()
                self.run("UPDATE task SET state = 'queued' WHERE state = 'leased'")
        """,
        right="""
            def open(self):
                super().open()
                expired = "WHERE state = 'leased' AND lease_end <= :now"
                self.run(f"UPDATE task SET state = 'queued' {expired}")
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.004 s  producer  enqueue task-2 → ok
              0.008 s  holder    claim          → task-1
              0.012 s  late      open           → ok
            ▶ 0.014 s  late      claim          → task-1  expected: task-2
        """,
    ),
    "DURABLE-4": Example(
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
              0.024 s  producer   enqueue task-12 → ok
              0.030 s  producer'  enqueue later-1 → ok
            ▶ 0.044 s  worker     claim           → later-1  expected: task-12
              0.109 s  worker     claim           → task-12
        """,
    ),
    "DURABLE-5": Example(
        wrong="""
            def open(self):
                super().open()
                self.run("UPDATE task SET due = :now")  # no timer runs yet
        """,
        right="""
            def open(self):
                super().open()  # creates the table, and changes no row
        """,
        proof="""
              0.004 s  producer   enqueue later → ok     delay 3600 s
              0.006 s  producer   close         → ok
              0.008 s  producer'  open          → ok
            ▶ 0.018 s  worker     claim         → later  expected: empty
        """,
    ),
    "DURABLE-6": Example(
        wrong="""
            def open(self):
                super().open()
                self.run("UPDATE task SET key = NULL")  # a fresh start
        """,
        right="""
            def open(self):
                super().open()  # creates the table, and changes no row
        """,
        proof="""
              0.002 s  producer   enqueue first  → ok      key order-1
              0.004 s  producer   close          → ok
              0.008 s  producer'  enqueue second → ok      key order-1
              0.015 s  collector  claim          → first
            ▶ 0.020 s  collector  claim          → second  expected: empty
        """,
    ),
    "DURABLE-7": Example(
        wrong="""
            def open(self):
                super().open()
                self.run("UPDATE task SET attempts = 0")  # a fresh start
        """,
        right="""
            def open(self):
                super().open()  # creates the table, and changes no row
        """,
        proof="""
              0.004 s  producer  enqueue task-1 → ok      max_attempts 2
              0.008 s  worker    fail task-1    → ok
              0.012 s  worker'   open           → ok
              1.076 s  worker'   fail task-1    → ok      the second failure of two
            ▶ 3.142 s  worker''  claim          → task-1  expected: empty
        """,
    ),
    "DURABLE-8": Example(
        wrong="""
            buffer = []  # ten tasks to a transaction
            def enqueue(self, payload):
                self.buffer.append(payload)
                if len(self.buffer) == 10:
                    self.enqueue_many(self.buffer)
                    self.buffer.clear()
        """,
        right="""
            def enqueue(self, payload):
                return self.insert(payload)  # committed before the answer
        """,
        proof="""
              0.049 s  producer-1  enqueue producer-1-161 → ok
              0.140 s  producer-1  kill                   → ok
            ▶ 1.169 s  collector   claim                  → empty  expected: its task
        """,
    ),
    "DURABLE-9": Example(
        language="sql",
        wrong="""
            -- claim: take the task
            UPDATE task SET state = 'leased', worker = :worker,
                token = token + 1, lease_end = 9e99  -- close() gives it back
            WHERE id = :id
            RETURNING payload, token
        """,
        right="""
            -- claim: take the task
            UPDATE task SET state = 'leased', worker = :worker,
                token = token + 1, lease_end = :now + :lease
            WHERE id = :id
            RETURNING payload, token
        """,
        proof="""
              0.589 s  killed     claim   → task-1  lease until 1.589 s
              0.589 s  killed     kill    → ok
              1.660 s  collector  reclaim → ok
            ▶ 2.726 s  collector  claim   → empty   expected: task-1
        """,
    ),
    "DURABLE-10": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                mark = "UPDATE task SET state = 'leased' WHERE id = :id"
                with self.transaction():
                    if (task_id := self.first_waiting()) is not None:
                        self.run(mark, id=task_id)  # a kill after it leaves no lease
                return task_id and self.take(task_id, worker, lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                with self.transaction():  # a kill undoes all of it, or nothing
                    self.reclaim()
                    task_id = self.first_waiting()
                    return task_id and self.take(task_id, worker, lease)
        """,
        proof="""
              0.036 s  stocker    enqueue task-3 → ok
              2.931 s  worker-2   claim          → no answer
              2.937 s  worker-2   kill           → ok
            ▶ 6.738 s  collector  claim          → empty  expected: task-3
        """,
    ),
}
