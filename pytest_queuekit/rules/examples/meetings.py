"""Examples for RACE: two calls that meet on one task."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "RACE-17": Example(
        wrong="""
            def cancel(self, task_id):
                rows = self.run("SELECT state FROM task WHERE id = :id", id=task_id)
                if rows != [("queued",)]:
                    raise RefusedError("not waiting")
                # a worker that claims the task here loses it in the next line
                self.run("DELETE FROM task WHERE id = :id", id=task_id)
        """,
        right="""
            def cancel(self, task_id):  # one statement checks and deletes
                waits = "WHERE id = :id AND state = 'queued' RETURNING id"
                if not self.run(f"DELETE FROM task {waits}", id=task_id):
                    raise RefusedError("not waiting")
        """,
        proof="""
              4.412 s  rival   cancel task-8   → ok       has read 'queued'
              4.413 s  holder  claim           → task-8
            ▶ 4.416 s  holder  complete task-8 → refused  expected: ok
        """,
    ),
    "RACE-18": Example(
        wrong="""
            def reclaim(self):  # reads, decides, and writes what it read
                leased = "SELECT id, lease_end <= :now FROM task WHERE state = 'leased'"
                for task_id, is_over in self.run(leased):
                    state = "queued" if is_over else "leased"
                    changed = "UPDATE task SET state = :state WHERE id = :id"
                    self.run(changed, state=state, id=task_id)
        """,
        right="""
            def reclaim(self):  # one statement reads and writes
                is_over = "state = 'leased' AND lease_end <= :now"
                self.run(f"UPDATE task SET state = 'queued' WHERE {is_over}")
        """,
        proof="""
               3.016 s  rival      reclaim         → ok      has read 'leased'
               3.017 s  holder     complete task-9 → ok
            ▶ 63.118 s  collector  claim           → task-9  expected: empty
        """,
    ),
    "RACE-19": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                for task_id in self.waiting_ids():
                    # a task that another worker claims here is put back below
                    ready = "UPDATE task SET state = 'queued' WHERE id = :id"
                    self.run(ready, id=task_id)
                return super().claim(worker, lease=lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                for task_id in self.waiting_ids():
                    ready = "UPDATE task SET state = 'queued' WHERE id = :id"
                    still = "AND state = 'queued'"  # leaves a claimed task alone
                    self.run(f"{ready} {still}", id=task_id)
                return super().claim(worker, lease=lease)
        """,
        proof="""
              1.000 s  holder  enqueue task-3 → ok      delay 0.2 s
              1.301 s  holder  claim          → task-3
            ▶ 1.302 s  rival   claim          → task-3  expected: empty
        """,
    ),
    "RACE-20": Example(
        wrong="""
            def complete(self, claim):
                held = "SELECT 1 FROM task WHERE id = :id AND token = :token"
                if not self.run(held, id=claim.task_id, token=claim.token):
                    raise RefusedError("taken over")
                done = "UPDATE task SET state = 'completed' WHERE id = :id"
                self.run(done, id=claim.task_id)  # another worker may have it by now
        """,
        right="""
            def complete(self, claim):  # one statement checks and writes
                held = "id = :id AND state = 'leased' AND token = :token"
                done = f"UPDATE task SET state = 'completed' WHERE {held} RETURNING id"
                if not self.run(done, id=claim.task_id, token=claim.token):
                    raise RefusedError("taken over")
        """,
        proof="""
               1.001 s  holder  complete task-5 → ok       has read its token
              61.103 s  rival   claim           → task-5
            ▶ 61.108 s  rival   complete task-5 → refused  expected: ok
        """,
    ),
    "RACE-21": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                try:
                    return super().claim(worker, lease=lease)
                except BusyError:
                    return None  # looks as if no task waited
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                return super().claim(worker, lease=lease)  # raises BusyError
        """,
        proof="""
              0.025 s  claim     enqueue task-1 → ok
              0.071 s  stranger  lock           → ok     until 0.660 s
            ▶ 0.073 s  claim     claim          → empty  expected: busy
        """,
    ),
    "RACE-22": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                end = time.time() + lease  # the lease begins here,
                with self.transaction():  # and runs while the call waits for the lock
                    self.lease_end = lambda seconds: end
                    return super().claim(worker, lease=lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                with self.transaction():  # waits for the lock
                    end = time.time() + lease  # the lease begins here
                    self.lease_end = lambda seconds: end
                    return super().claim(worker, lease=lease)
        """,
        proof="""
               0.017 s  stranger  lock  → ok      until 36.022 s
               0.019 s  claim     claim → task-1  returns at 36.025 s
            ▶ 66.046 s  other     claim → task-1  expected: empty until 96 s
        """,
    ),
}
