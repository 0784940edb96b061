"""Examples for GROWTH: what a call costs in a deep queue, and what stays on the disk.

The queue of these examples has partial indexes: of queued tasks by (priority, id), of leased tasks
by lease_end (but for GROWTH-5), and of delayed tasks, which have the state 'later', by due.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "GROWTH-1": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority + 0, id LIMIT 1  -- the index cannot sort by this
        """,
        right="""
            -- claim: choose the task
            -- with CREATE INDEX ready ON task (priority, id) WHERE state = 'queued'
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.084 s  deep-waiting     claim → waiting-5  6,672 steps, 500 tasks
            ▶ 0.090 s  shallow-waiting  claim → waiting-5    822 steps, 50 tasks
              0.092 s  shallow-waiting  complete waiting-5 → ok
        """,
    ),
    "GROWTH-2": Example(
        language="sql",
        wrong="""
            -- enqueue: look up the key
            SELECT id FROM task
            WHERE lower(key) = :key  -- an index of key does not help
                AND state IN ('queued', 'leased')
        """,
        right="""
            -- enqueue: look up the key
            -- with CREATE INDEX keyed ON task (key)
            SELECT id FROM task
            WHERE key = :key AND state IN ('queued', 'leased')
        """,
        proof="""
              0.050 s  deep-waiting     enqueue further-505 → ok  3,136 steps
            ▶ 0.052 s  shallow-waiting  enqueue further-55  → ok    436 steps
              0.054 s  deep-waiting     enqueue further-506 → ok  3,142 steps
        """,
    ),
    "GROWTH-3": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE CAST(id AS TEXT) = :id  -- the primary key does not help
                AND token = :token
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.084 s  deep-waiting     claim → waiting-5
              0.086 s  deep-waiting     complete waiting-5 → ok  2,097 steps
            ▶ 0.092 s  shallow-waiting  complete waiting-5 → ok    297 steps
        """,
    ),
    "GROWTH-4": Example(
        language="sql",
        wrong="""
            -- stats
            SELECT state, (SELECT count(*) FROM task AS other
                           WHERE other.state = task.state)
            FROM task
        """,
        right="""
            -- stats
            SELECT state, count(*) FROM task GROUP BY state
        """,
        proof="""
              0.050 s  deep-waiting     stats → ok  757,506 steps, 500 tasks
            ▶ 0.052 s  shallow-waiting  stats → ok    8,256 steps, 50 tasks
              0.054 s  deep-waiting     stats → ok  757,506 steps, 500 tasks
        """,
    ),
    "GROWTH-5": Example(
        wrong="""
            def open(self):
                super().open()
                # each claim reads all leased tasks, to find those whose lease is over
                self.run("CREATE INDEX IF NOT EXISTS states ON task (state)")
        """,
        right="""
            def open(self):
                super().open()
                leased = "ON task (lease_end) WHERE state = 'leased'"
                self.run(f"CREATE INDEX IF NOT EXISTS leased {leased}")
        """,
        proof="""
              1.198 s  deep-leased     claim → empty  3,558 steps, 500 tasks
              1.200 s  deep-leased     enqueue refill → ok
            ▶ 1.206 s  shallow-leased  claim → empty    408 steps, 50 tasks
        """,
    ),
    "GROWTH-6": Example(
        language="sql",
        wrong="""
            -- enqueue
            INSERT INTO task (payload, priority, due, state)
            VALUES (:payload, :priority, :due, 'queued')
            RETURNING id
        """,
        right="""
            -- enqueue
            -- with CREATE INDEX later ON task (due) WHERE state = 'later'
            INSERT INTO task (payload, priority, due, state)
            VALUES (:payload, :priority, :due,  -- each claim promotes what is due
                iif(:delay > 0, 'later', 'queued'))
            RETURNING id
        """,
        proof="""
              1.176 s  deep-delayed     claim → empty  3,057 steps, 500 tasks
              1.178 s  deep-delayed     enqueue refill → ok
            ▶ 1.184 s  shallow-delayed  claim → empty    357 steps, 50 tasks
        """,
    ),
    "GROWTH-7": Example(
        language="sql",
        wrong="""
            -- purge
            UPDATE task SET state = 'purged' WHERE state = 'completed'
        """,
        right="""
            -- purge
            DELETE FROM task WHERE state = 'completed'
        """,
        proof="""
              3.026 s  worker  enqueue task → ok  the files have 6.0 MB
              3.032 s  worker  purge        → ok
            ▶ 7.816 s  worker  purge        → ok  the files have 8.7 MB
        """,
    ),
    "GROWTH-8": Example(
        language="python",
        wrong="""
            def take(self, task_id, worker, lease):
                claim = super().take(task_id, worker, lease)
                self.taken.append(claim)  # and nothing ever removes it
                return claim
        """,
        right="""
            def take(self, task_id, worker, lease):
                claim = super().take(task_id, worker, lease)
                self.taken = [claim]  # the last one is enough to show
                return claim
        """,
        proof="""
              0.410 s  worker  purge → ok  the process has 29.4 MB
              1.062 s  worker  purge → ok  the process has 30.7 MB
            ▶ 1.731 s  worker  purge → ok  the process has 31.9 MB
        """,
    ),
    "GROWTH-9": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE CAST(id AS TEXT) = :id AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              1.122 s  deep-waiting     claim → waiting-2
              1.124 s  deep-waiting     release waiting-2 → ok  2,097 steps
            ▶ 1.146 s  shallow-waiting  release waiting-2 → ok    297 steps
        """,
    ),
}
