"""Examples for SCHEDULE: delays."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "SCHEDULE-1": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued'
            ORDER BY due, priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.006 s  worker    claim         → now
              0.008 s  producer  enqueue later → ok     delay 3 s
            ▶ 0.010 s  worker    claim         → later  expected: empty until 3 s
        """,
    ),
    "SCHEDULE-2": Example(
        wrong="""
            def enqueue(self, payload, *, delay=0.0):
                if delay > 0:  # one timer: the newest task stops that of the others
                    self.run("UPDATE task SET due = NULL WHERE due > :now")
                return self.insert(payload, delay=delay)
        """,
        right="""
            def enqueue(self, payload, *, delay=0.0):
                return self.insert(payload, delay=delay)  # each row has its own `due`
        """,
        proof="""
              0.004 s  producer  enqueue third → ok     delay 4 s
              0.006 s  producer  enqueue first → ok     delay 1 s
              2.132 s  worker    claim         → second
            ▶ 5.256 s  worker    claim         → empty  expected: third
        """,
    ),
    "SCHEDULE-3": Example(
        language="sql",
        wrong="""
            -- enqueue
            INSERT INTO task (payload, due)
            VALUES (:payload, CAST(:now + :delay AS INTEGER))
            RETURNING id
        """,
        right="""
            -- enqueue
            INSERT INTO task (payload, due)
            VALUES (:payload, :now + :delay)
            RETURNING id
        """,
        proof="""
              0.008 s  producer  enqueue task-1 → ok      delay 0.9 s
              0.462 s  worker    claim          → empty
            ▶ 0.764 s  worker    claim          → task-1  expected: empty
        """,
    ),
    "SCHEDULE-4": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM (SELECT * FROM task WHERE state = 'queued'
                            ORDER BY priority, id LIMIT 50)
            WHERE due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.120 s  producer  enqueue later-59 → ok     delay 3600 s
              0.122 s  producer  enqueue later-60 → ok     delay 3600 s
              0.124 s  producer  enqueue now      → ok
            ▶ 0.126 s  worker    claim            → empty  expected: now
        """,
    ),
    "SCHEDULE-5": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now AND priority =
                (SELECT min(priority) FROM task WHERE state = 'queued')
            ORDER BY id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.120 s  producer  enqueue later-59 → ok     delay 3600 s, priority 1
              0.122 s  producer  enqueue later-60 → ok     delay 3600 s, priority 1
              0.124 s  producer  enqueue now      → ok     priority 50
            ▶ 0.126 s  worker    claim            → empty  expected: now
        """,
    ),
    "SCHEDULE-6": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY due, priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.004 s  producer  enqueue good-late → ok      delay 3 s, priority 10
              0.006 s  producer  enqueue middle    → ok      priority 50
            ▶ 3.073 s  worker    claim             → middle  expected: good-late
              3.088 s  worker    claim             → good-late
        """,
    ),
    "SCHEDULE-7": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due < CAST(:now AS INTEGER)  -- full seconds
            ORDER BY priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.004 s  producer  enqueue task-1 → ok     delay 0 s
            ▶ 0.006 s  worker    claim          → empty  expected: task-1
              0.008 s  producer  enqueue task-2 → ok     delay 0 s
              0.010 s  worker    claim          → empty
        """,
    ),
    "SCHEDULE-8": Example(
        wrong="""
            def due(self, delay):
                return time.time() + timedelta(seconds=delay).seconds  # drops the days
        """,
        right="""
            def due(self, delay):
                return time.time() + timedelta(seconds=delay).total_seconds()
        """,
        proof="""
              0.006 s  producer  enqueue tomorrow → ok        delay 86400 s
              0.013 s  worker    claim            → now
            ▶ 0.018 s  worker    claim            → tomorrow  expected: empty
        """,
    ),
    "SCHEDULE-9": Example(
        wrong="""
            def due(self, delay):
                return time.time() + delay  # SQLite stores NaN as NULL: never due
        """,
        right="""
            def due(self, delay):
                if not 0 <= delay <= 10**9:  # false for NaN, too
                    raise RefusedError(f"delay={delay}: must be 0 to 10**9 seconds")
                return time.time() + delay
        """,
        proof="""
              0.004 s  producer   enqueue negative     → ok     delay -3600 s
              0.006 s  producer   enqueue not-a-number → ok     delay nan s
              0.018 s  collector  claim                → negative
            ▶ 0.023 s  collector  claim                → empty  expected: not-a-number
        """,
    ),
    "SCHEDULE-10": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', due = :now + delay
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.004 s  producer  enqueue later → ok     delay 2 s
              2.066 s  worker    claim         → later
              2.068 s  worker    release later → ok
            ▶ 2.072 s  other     claim         → empty  expected: later
        """,
    ),
    "SCHEDULE-11": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1  -- no look at the column expires
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
                AND (expires IS NULL OR expires > :now)
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.002 s  producer  enqueue brief   → ok     expires in 2 s
            ▶ 2.070 s  worker    claim           → brief  expected: long
              2.072 s  worker    complete brief  → ok
        """,
    ),
    "SCHEDULE-12": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed' WHERE id = :id AND token = :token
                AND state = 'leased' AND (expires IS NULL OR expires > :now)
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.006 s  producer  enqueue task  → ok       expires in 4 s
              3.010 s  worker    claim         → task
            ▶ 5.072 s  worker    complete task → refused  expected: ok
        """,
    ),
}
