"""Examples for RETRY: waits, attempts and dead letters."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "RETRY-1": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, state = 'failed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.006 s  worker    claim          → task-1
              0.008 s  worker    fail task-1    → ok
            ▶ 1.072 s  other     claim          → empty  expected: task-1
        """,
    ),
    "RETRY-2": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.006 s  worker    claim          → task-1
              0.008 s  worker    fail task-1    → ok
            ▶ 0.012 s  other     claim          → task-1  expected: empty until 1 s
        """,
    ),
    "RETRY-3": Example(
        wrong="""
            def wait(self, failures):
                return 1.0
        """,
        right="""
            def wait(self, failures):
                return min(1.0 * 2 ** (failures - 1), 300.0)
        """,
        proof="""
              0.008 s  worker  fail task-1 → ok      wait: 1 s
              1.072 s  worker  claim       → task-1
              1.074 s  worker  fail task-1 → ok      wait: 2 s
            ▶ 2.876 s  worker  claim       → task-1  expected: empty until 3 s
        """,
    ),
    "RETRY-4": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts > max_attempts, 'dead', 'queued')  -- the old count
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               7.200 s  worker  fail task-1 → ok
              15.262 s  worker  claim       → task-1
              15.264 s  worker  fail task-1 → ok      the fifth failure of five
            ▶ 31.328 s  other   claim       → task-1  expected: empty
        """,
    ),
    "RETRY-5": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= 5, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.004 s  producer  enqueue up-to-1 → ok       max_attempts 1
              0.010 s  worker    claim           → up-to-1
              0.012 s  worker    fail up-to-1    → ok
            ▶ 1.084 s  worker    claim           → up-to-1  expected: no delivery
        """,
    ),
    "RETRY-6": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE worker = :worker  -- whatever it has claimed so far
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.010 s  worker  fail task-1 → ok     its only failure; three are allowed
              0.014 s  worker  fail task-2 → ok
              1.078 s  worker  fail task-2 → ok
            ▶ 3.144 s  worker  claim       → empty  expected: task-1
        """,
    ),
    "RETRY-7": Example(
        language="sql",
        wrong="""
            -- dead letters
            SELECT payload FROM task
            WHERE state NOT IN ('queued', 'leased')
        """,
        right="""
            -- dead letters
            SELECT payload FROM task
            WHERE state = 'dead'
        """,
        proof="""
              31.330 s  producer  enqueue alive-1  → ok
              31.336 s  worker    claim            → alive-1
              31.338 s  worker    complete alive-1 → ok
            ▶ 31.342 s  worker    dead_letters     → task-1, alive-1  expected: task-1
        """,
    ),
    "RETRY-8": Example(
        language="sql",
        wrong="""
            -- dead letters
            UPDATE task SET state = 'queued', attempts = 0  -- another chance
            WHERE state = 'dead'
            RETURNING payload
        """,
        right="""
            -- dead letters
            SELECT payload FROM task
            WHERE state = 'dead'
        """,
        proof="""
              15.264 s  worker     fail task-1  → ok      the fifth failure of five
              31.332 s  keeper     dead_letters → task-1
            ▶ 48.459 s  collector  claim        → task-1  expected: empty
        """,
    ),
    "RETRY-9": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM (SELECT * FROM task WHERE state = 'queued'
                            ORDER BY priority, id LIMIT 1)
            WHERE due <= :now
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.006 s  producer  enqueue task-1 → ok
              0.012 s  worker    claim          → fails
              0.014 s  worker    fail fails     → ok
            ▶ 0.016 s  worker    claim          → empty  expected: task-1
        """,
    ),
    "RETRY-10": Example(
        wrong="""
            def fail(self, claim, error):
                self.insert(claim.payload, delay=1.0)  # a copy for the next attempt,
                self.acknowledge("fail", claim, error=error)  # beside the task itself
        """,
        right="""
            def fail(self, claim, error):
                self.acknowledge("fail", claim, error=error)  # the same row waits again
        """,
        proof="""
              0.006 s  worker     claim           → task-1
              0.008 s  worker     fail task-1     → ok
              1.070 s  worker     claim           → task-1
              1.072 s  worker     complete task-1 → ok
            ▶ 3.139 s  collector  claim           → task-1  expected: empty
        """,
    ),
    "RETRY-11": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET state = 'queued'  -- counts no attempt
            WHERE state = 'leased' AND lease_end <= :now
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now
        """,
        proof="""
                0.006 s  worker-1  claim → task-1
              259.760 s  worker-5  claim → task-1  the fifth attempt of five
              336.948 s  worker-6  claim → task-1
            ▶ 430.136 s  worker-7  claim → task-1  expected: the task is dead
        """,
    ),
    "RETRY-12": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', attempts = 0
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               77.324 s  worker  fail task-1    → ok      the third failure
               93.388 s  worker  release task-1 → ok
               93.392 s  worker  fail task-1    → ok
              125.456 s  worker  fail task-1    → ok      the fifth failure of five
            ▶ 189.520 s  other   claim          → task-1  expected: empty
        """,
    ),
    "RETRY-13": Example(
        wrong="""
            def fail(self, claim, error):
                note = f"UPDATE task SET error = '{error}' WHERE id = :id"
                self.run(note, id=claim.task_id)
                self.acknowledge("fail", claim, error=error)
        """,
        right="""
            def fail(self, claim, error):
                note = "UPDATE task SET error = :error WHERE id = :id"
                self.run(note, id=claim.task_id, error=error)
                self.acknowledge("fail", claim, error=error)
        """,
        proof="""
              0.010 s  producer  enqueue task-2 → ok
              0.012 s  worker    claim          → task-2
            ▶ 0.014 s  worker    fail task-2    → OperationalError  expected: ok
        """,
    ),
    "RETRY-14": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1, state = 'queued'
            WHERE state = 'leased' AND lease_end <= :now
                AND attempts + 1 < max_attempts  -- the other tasks stay leased
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now
        """,
        proof="""
               0.002 s  producer  enqueue task-1 → ok     max_attempts 1
               0.006 s  vanished  claim          → task-1
              61.130 s  heir      claim          → empty
            ▶ 62.184 s  keeper    dead_letters   → ok     expected: task-1 among them
        """,
    ),
    "RETRY-15": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET state = 'queued'  -- counts failures, and no deaths
            WHERE state = 'leased' AND lease_end <= :now
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now
        """,
        proof="""
               0.002 s  producer  enqueue task-1 → ok      max_attempts 1
               0.006 s  vanished  claim          → task-1
            ▶ 61.130 s  heir      claim          → task-1  expected: empty
        """,
    ),
    "RETRY-16": Example(
        language="sql",
        wrong="""
            -- requeue
            UPDATE task SET state = 'queued', due = :now
            WHERE id = :id AND state = 'failed'  -- the state of an older version
        """,
        right="""
            -- requeue
            UPDATE task SET state = 'queued', attempts = 0, due = :now
            WHERE id = :id AND state = 'dead'
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok       max_attempts 1
              0.006 s  worker    claim          → task-1
              0.008 s  worker    fail task-1    → ok
            ▶ 1.070 s  producer  requeue task-1 → refused  expected: ok
        """,
    ),
    "RETRY-17": Example(
        wrong="""
            def requeue(self, task_id):
                sql = "SELECT payload FROM task WHERE id = :id AND state = 'dead'"
                for (text,) in self.run(sql, id=task_id):
                    self.insert(self.decode(text))  # a copy; the dead letter stays
        """,
        right="""
            def requeue(self, task_id):
                self.run("UPDATE task SET state = 'queued', attempts = 0, due = :now "
                         "WHERE id = :id AND state = 'dead'", id=task_id)
        """,
        proof="""
              1.070 s  producer  requeue task-1 → ok
              1.072 s  producer  requeue task-1 → ok
              1.136 s  worker    claim          → task-1
            ▶ 1.138 s  other     claim          → task-1  expected: empty
        """,
    ),
    "RETRY-18": Example(
        language="sql",
        wrong="""
            -- requeue
            UPDATE task SET state = 'queued', attempts = 0, due = :now
            WHERE id = :id  -- in any state
        """,
        right="""
            -- requeue
            UPDATE task SET state = 'queued', attempts = 0, due = :now
            WHERE id = :id AND state = 'dead'
        """,
        proof="""
              0.018 s  producer  enqueue held → ok
              0.020 s  worker    claim        → held
              0.022 s  producer  requeue held → ok    expected: refused
            ▶ 0.024 s  other     claim        → held  expected: empty
        """,
    ),
    "RETRY-19": Example(
        language="sql",
        wrong="""
            -- requeue
            UPDATE task SET state = 'queued', due = :now  -- with all its failures
            WHERE id = :id AND state = 'dead'
        """,
        right="""
            -- requeue
            UPDATE task SET state = 'queued', attempts = 0, due = :now
            WHERE id = :id AND state = 'dead'
        """,
        proof="""
              3.144 s  producer  requeue task-1 → ok
              3.208 s  worker    claim          → task-1
              3.210 s  worker    fail task-1    → ok      the first failure of two
            ▶ 7.272 s  worker    claim          → empty   expected: task-1
        """,
    ),
}
