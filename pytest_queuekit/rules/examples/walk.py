"""Examples for WALK: features, calls and kills that meet on one task."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "WALK-1": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', due = :now,
                priority = 100  -- forgets the priority that the task had
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued', due = :now
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  a  enqueue task-1 → ok      priority 1
              0.004 s  a  claim          → task-1
              0.006 s  a  release task-1 → ok
              0.008 s  a  enqueue task-2 → ok      priority 5
            ▶ 0.010 s  a  claim          → task-2  expected: task-1
        """,
    ),
    "WALK-2": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                retry = "error IS NOT NULL AND state = 'queued' AND due <= :now"
                for (task_id,) in self.run(f"SELECT id FROM task WHERE {retry}"):
                    ready = "UPDATE task SET state = 'queued' WHERE id = :id"
                    self.run(ready, id=task_id)  # another worker may hold it by now
                return super().claim(worker, lease=lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                retry = "error IS NOT NULL AND state = 'queued' AND due <= :now"
                for (task_id,) in self.run(f"SELECT id FROM task WHERE {retry}"):
                    ready = "UPDATE task SET state = 'queued' WHERE id = :id"
                    self.run(f"{ready} AND state = 'queued'", id=task_id)  # if it waits
                return super().claim(worker, lease=lease)
        """,
        proof="""
               0.006 s  a  fail task-1 → ok
              10.010 s  a  claim       → task-1  has read 'queued'
            ▶ 10.011 s  b  claim       → task-1  expected: one of the two
        """,
    ),
    "WALK-3": Example(
        wrong="""
            def complete(self, claim):
                held = "id = :id AND state = 'leased' AND token = :token"
                spent = f"UPDATE task SET attempts = max_attempts WHERE {held}"
                self.run(spent, id=claim.task_id, token=claim.token)
                # a kill here leaves a task without attempts that nobody completed
                super().complete(claim)
        """,
        right="""
            def complete(self, claim):
                with self.transaction():  # both changes or none
                    held = "id = :id AND state = 'leased' AND token = :token"
                    spent = f"UPDATE task SET attempts = max_attempts WHERE {held}"
                    self.run(spent, id=claim.task_id, token=claim.token)
                    super().complete(claim)
        """,
        proof="""
               0.002 s  a  enqueue task-1  → ok
               0.004 s  a  claim           → task-1
               0.006 s  a  complete task-1 → unknown  killed after its first step
            ▶ 60.140 s  b  claim           → empty    expected: task-1
        """,
    ),
}
