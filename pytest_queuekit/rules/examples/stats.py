"""Examples for STATS: counts, purges and copies."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "STATS-1": Example(
        language="sql",
        wrong="""
            -- stats
            SELECT 'queued', count(*)
            FROM task WHERE state <> 'completed'
        """,
        right="""
            -- stats
            SELECT state, count(*)
            FROM task GROUP BY state
        """,
        proof="""
              0.014 s  producer  stats → queued 4
              0.016 s  worker    claim → task-1
              0.018 s  worker    claim → task-2
            ▶ 0.020 s  producer  stats → queued 4  expected: queued 2, leased 2
        """,
    ),
    "STATS-2": Example(
        language="sql",
        wrong="""
            -- stats
            SELECT iif(worker IS NULL, 'queued', 'leased'), count(*)
            FROM task GROUP BY 1
        """,
        right="""
            -- stats
            SELECT state, count(*)
            FROM task GROUP BY state
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.004 s  producer  enqueue task-2 → ok
              0.008 s  worker    claim          → task-1
              0.012 s  worker    release task-1 → ok
            ▶ 0.014 s  worker    stats          → queued 1, leased 1  expected: queued 2
        """,
    ),
    "STATS-3": Example(
        language="sql",
        wrong="""
            -- stats
            SELECT state, count(*)
            FROM task WHERE due <= :now GROUP BY state
        """,
        right="""
            -- stats
            SELECT state, count(*)
            FROM task GROUP BY state
        """,
        proof="""
              0.002 s  producer  enqueue now   → ok
              0.004 s  producer  enqueue later → ok        delay 3600 s
            ▶ 0.006 s  producer  stats         → queued 1  expected: queued 2
        """,
    ),
    "STATS-4": Example(
        language="sql",
        wrong="""
            -- stats
            SELECT iif(error IS NULL, state, 'dead'), count(*)
            FROM task GROUP BY 1
        """,
        right="""
            -- stats
            SELECT state, count(*)
            FROM task GROUP BY state
        """,
        proof="""
              0.004 s  producer  enqueue given-up → ok      max_attempts 2
              0.006 s  producer  enqueue alive    → ok
              0.010 s  worker    fail given-up    → ok
              0.014 s  worker    fail alive       → ok
            ▶ 0.016 s  worker    stats            → dead 2  expected: queued 2
        """,
    ),
    "STATS-5": Example(
        language="sql",
        wrong="""
            -- cancel
            UPDATE task SET due = 9e99  -- never due, but still in the table
            WHERE id = :id AND state = 'queued'
        """,
        right="""
            -- cancel
            DELETE FROM task
            WHERE id = :id AND state = 'queued'
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.006 s  producer  enqueue task-3 → ok
              0.008 s  producer  cancel task-2  → ok
            ▶ 0.010 s  producer  stats          → queued 3  expected: queued 2
        """,
    ),
    "STATS-6": Example(
        language="sql",
        wrong="""
            -- purge
            DELETE FROM task
            WHERE state <> 'queued'
        """,
        right="""
            -- purge
            DELETE FROM task
            WHERE state = 'completed'
        """,
        proof="""
                0.006 s  producer   enqueue task-2 → ok
                0.014 s  worker     claim          → task-2
                0.016 s  producer   purge          → ok
            ▶ 122.283 s  collector  claim          → empty  expected: task-2
        """,
    ),
    "STATS-7": Example(
        language="sql",
        wrong="""
            -- purge
            DELETE FROM task
            WHERE state IN ('completed', 'dead')
        """,
        right="""
            -- purge
            DELETE FROM task
            WHERE state = 'completed'
        """,
        proof="""
              0.020 s  worker    claim         → given-up
              0.022 s  worker    fail given-up → ok    its only attempt
              0.024 s  producer  purge         → ok
            ▶ 0.026 s  producer  dead_letters  → none  expected: given-up
        """,
    ),
    "STATS-8": Example(
        language="sql",
        wrong="""
            -- purge
            DELETE FROM task
            WHERE state = 'done'  -- no task is in that state
        """,
        right="""
            -- purge
            DELETE FROM task
            WHERE state = 'completed'
        """,
        proof="""
              0.018 s  worker    complete task-2 → ok
              0.022 s  producer  stats           → completed 2
              0.024 s  producer  purge           → ok
            ▶ 0.026 s  producer  stats           → completed 2  expected: completed 0
        """,
    ),
    "STATS-9": Example(
        wrong="""
            def backup(self, location):
                shutil.copyfile(self.location, location)  # without the -wal file
        """,
        right="""
            def backup(self, location):
                with closing(sqlite3.connect(location)) as copy:
                    self.db.backup(copy)
        """,
        proof="""
              0.006 s  producer  enqueue task-2 → ok
              0.020 s  producer  backup         → ok
              0.024 s  restored  enqueue new-1  → ok
              0.033 s  heir      claim          → new-1
            ▶ 0.048 s  heir      claim          → empty  expected: task-2
        """,
    ),
    "STATS-10": Example(
        language="sql",
        wrong="""
            -- stats
            SELECT state, iif(state = 'leased', sum(token), count(*))
            FROM task GROUP BY state  -- the token counts the claims
        """,
        right="""
            -- stats
            SELECT state, count(*)
            FROM task GROUP BY state
        """,
        proof="""
               0.002 s  producer  enqueue task-1 → ok
               0.006 s  late      claim          → task-1
              61.136 s  heir      claim          → task-1    takes the task over
            ▶ 61.138 s  heir      stats          → leased 2  expected: leased 1
        """,
    ),
    "STATS-11": Example(
        wrong="""
            def enqueue_many(self, payloads):
                self.backlog += 1  # one call
                return super().enqueue_many(payloads)

            def stats(self):
                return {"queued": self.backlog}
        """,
        right="""
            def stats(self):
                return {"queued": self.count("queued")}  # the rows, however they came
        """,
        proof="""
              0.004 s  producer  enqueue single  → ok
              0.006 s  producer  enqueue batch-1 → ok        in one batch
              0.006 s  producer  enqueue batch-2 → ok        in one batch
              0.006 s  producer  enqueue batch-3 → ok        in one batch
            ▶ 0.008 s  producer  stats           → queued 2  expected: queued 4
        """,
    ),
    "STATS-12": Example(
        language="sql",
        wrong="""
            -- stats
            SELECT iif(state = 'dead' AND error IS NULL, 'leased', state), count(*)
            FROM task GROUP BY 1  -- without an error, nobody reported a failure
        """,
        right="""
            -- stats
            SELECT state, count(*)
            FROM task GROUP BY state
        """,
        proof="""
               0.002 s  producer  enqueue task-1 → ok        max_attempts 1
               0.006 s  vanished  claim          → task-1
              61.130 s  heir      claim          → empty
            ▶ 62.184 s  keeper    stats          → leased 1  expected: dead 1
        """,
    ),
    "STATS-13": Example(
        wrong="""
            def backup(self, location):  # one state after the other
                sql, states = "SELECT * FROM task WHERE state = ?", ("leased", "queued")
                rows = [row for s in states for row in self.db.execute(sql, (s,))]
                with closing(sqlite3.connect(location)) as copy, copy:
                    copy.execute(TABLE)
                    copy.executemany(f"INSERT INTO task VALUES (?{', ?' * 16})", rows)
        """,
        right="""
            def backup(self, location):
                with closing(sqlite3.connect(location)) as copy:
                    self.db.backup(copy)
        """,
        proof="""
              0.004 s  worker-2   enqueue moving-2-2 → ok
              0.006 s  keeper-2   backup             → ok
              0.008 s  worker-2   claim              → moving-2-2
            ▶ 60.120 s  collector  claim              → empty  expected: moving-2-2
        """,
    ),
    "STATS-14": Example(
        wrong="""
            def backup(self, location):
                with closing(sqlite3.connect(location)) as copy, copy:
                    self.db.backup(copy)
                    copy.execute("UPDATE task SET key = NULL")  # another queue's keys
        """,
        right="""
            def backup(self, location):
                with closing(sqlite3.connect(location)) as copy:
                    self.db.backup(copy)
        """,
        proof="""
               0.014 s  producer   enqueue waiting       → ok
               0.016 s  producer   backup                → ok
               0.020 s  restored   enqueue waiting-again → ok
              60.092 s  collector  claim                 → waiting
            ▶ 60.096 s  collector  claim                 → waiting-again
        """,
    ),
}
