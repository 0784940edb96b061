"""Examples for GROUP: the limit of a group, and its slots."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

_RIGHT = """
            -- claim: choose the task
            SELECT id FROM task AS t WHERE state = 'queued' AND due <= :now
                AND NOT EXISTS (
                    SELECT 1 FROM task WHERE grp = t.grp AND state = 'leased')
            ORDER BY priority, id LIMIT 1
        """

EXAMPLES: Mapping[str, Example] = {
    "GROUP-1": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1  -- no look at the groups
        """,
        right=_RIGHT,
        proof="""
              0.002 s  producer  enqueue task-1 → ok      group group-1
              0.010 s  worker-1  claim          → task-1
            ▶ 0.012 s  worker-2  claim          → task-2  expected: empty
        """,
    ),
    "GROUP-2": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task AS t WHERE state = 'queued' AND due <= :now
                AND NOT EXISTS (  -- a failed task has an error, and keeps its slot
                    SELECT 1 FROM task WHERE grp = t.grp AND id != t.id
                        AND (state = 'leased' OR error IS NOT NULL))
            ORDER BY priority, id LIMIT 1
        """,
        right=_RIGHT,
        proof="""
              0.030 s  worker  claim         → failed-1
              0.034 s  worker  fail failed-1 → ok
            ▶ 0.036 s  next    claim         → empty     expected: failed-2
        """,
    ),
    "GROUP-3": Example(
        wrong="""
            def cancel(self, task_id):  # an empty slot of the group is left behind
                sql = "UPDATE task SET state = 'leased', payload = NULL WHERE id = :id"
                self.run(sql, id=task_id)
        """,
        right="""
            def cancel(self, task_id):
                sql = "DELETE FROM task WHERE id = :id AND state = 'queued'"
                self.run(sql, id=task_id)
        """,
        proof="""
              0.004 s  producer   enqueue task-2 → ok     group group-1
              0.006 s  producer   cancel task-1  → ok
            ▶ 0.010 s  collector  claim          → empty  expected: task-2
        """,
    ),
    "GROUP-4": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM (SELECT * FROM task WHERE state = 'queued' AND due <= :now
                ORDER BY priority, id LIMIT 1) AS head  -- only the first task
            WHERE NOT EXISTS (
                SELECT 1 FROM task WHERE grp = head.grp AND state = 'leased')
        """,
        right=_RIGHT,
        proof="""
              0.006 s  worker    claim         → full-1
              0.008 s  producer  enqueue other → ok     group group-2
            ▶ 0.016 s  next      claim         → empty  expected: other
        """,
    ),
    "GROUP-5": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                task_id = self.first_waiting(worker)  # another process looks too
                return task_id and self.take(task_id, worker, lease)
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                with self.transaction():
                    task_id = self.first_waiting(worker)
                    return task_id and self.take(task_id, worker, lease)
        """,
        proof="""
              0.211 s  worker-1  claim              → group-1-1
            ▶ 0.212 s  worker-3  claim              → group-1-2  expected: group-2-1
              0.215 s  worker-1  complete group-1-1 → ok
        """,
    ),
    "GROUP-6": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                leased = "(SELECT grp FROM task WHERE state = 'leased')"
                full = self.run(f"SELECT id FROM task WHERE grp IN {leased}")
                with self.transaction():  # another worker may have come first
                    free = [i for i in self.waiting_ids() if (i,) not in full]
                    return self.take(free[0], worker, lease) if free else None
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                leased = "(SELECT grp FROM task WHERE state = 'leased')"
                with self.transaction():
                    full = self.run(f"SELECT id FROM task WHERE grp IN {leased}")
                    free = [i for i in self.waiting_ids() if (i,) not in full]
                    return self.take(free[0], worker, lease) if free else None
        """,
        proof="""
              0.211 s  worker-1  claim              → group-1-1
            ▶ 0.212 s  worker-3  claim              → group-1-2  expected: group-2-1
              0.215 s  worker-1  complete group-1-1 → ok
        """,
    ),
    "GROUP-7": Example(
        wrong="""
            def claim(self, worker, *, lease=60.0):
                leased = "(SELECT grp FROM task WHERE state = 'leased')"
                full = self.run(f"SELECT id FROM task WHERE grp IN {leased}")
                with self.transaction():  # another worker may have come first
                    free = [i for i in self.waiting_ids() if (i,) not in full]
                    return self.take(free[0], worker, lease) if free else None
        """,
        right="""
            def claim(self, worker, *, lease=60.0):
                leased = "(SELECT grp FROM task WHERE state = 'leased')"
                with self.transaction():
                    full = self.run(f"SELECT id FROM task WHERE grp IN {leased}")
                    free = [i for i in self.waiting_ids() if (i,) not in full]
                    return self.take(free[0], worker, lease) if free else None
        """,
        proof="""
              0.020 s  holder  enqueue task-0 → ok      group task
              0.022 s  holder  enqueue task-1 → ok      group task
              0.024 s  rival   claim          → task-0  while the holder has only looked
            ▶ 0.026 s  holder  claim          → task-1  expected: empty
        """,
    ),
}
