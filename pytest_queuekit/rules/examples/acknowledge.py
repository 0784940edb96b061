"""Examples for ACK: completions, cancels, and calls that come too late."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "ACK-1": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET lease_end = :now  -- the worker is done with it
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  producer  enqueue task-1  → ok
              0.011 s  worker    claim           → task-1
              0.014 s  worker    complete task-1 → ok
            ▶ 0.016 s  worker    claim           → task-1  expected: empty
        """,
    ),
    "ACK-2": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE lease_end <= :now  -- in any state
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now
        """,
        proof="""
               0.002 s  producer  enqueue task-1  → ok
               0.006 s  worker    claim           → task-1
               0.008 s  worker    complete task-1 → ok
            ▶ 61.138 s  other     claim           → task-1  expected: empty
        """,
    ),
    "ACK-3": Example(
        language="sql",
        wrong="""
            -- complete
            DELETE FROM task  -- the head of the queue must be the task
            WHERE id = (SELECT min(id) FROM task)
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.010 s  worker     claim           → task-1
              0.012 s  worker     complete task-1 → ok
              0.014 s  worker     complete task-1 → ok
              0.021 s  collector  claim           → task-3
            ▶ 0.026 s  collector  claim           → empty  expected: task-2
        """,
    ),
    "ACK-4": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'  -- the oldest held task
            WHERE id = (SELECT min(id) FROM task WHERE state = 'leased')
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
                0.010 s  first      claim           → task-1
                0.014 s  second     claim           → task-2
                0.018 s  second     complete task-2 → ok
            ▶ 121.211 s  collector  claim           → task-2  expected: empty
        """,
    ),
    "ACK-5": Example(
        wrong="""
            def complete(self, claim):
                self.acknowledge("complete", claim)
                if self.is_late(claim):
                    raise RefusedError("the lease has expired")  # but it is completed
        """,
        right="""
            def complete(self, claim):
                if self.is_late(claim):
                    raise RefusedError("the lease has expired")
                self.acknowledge("complete", claim)
        """,
        proof="""
                0.002 s  producer   enqueue task-1  → ok
                0.006 s  late       claim           → task-1
               60.068 s  late       complete task-1 → refused  the lease has expired
            ▶ 182.326 s  collector  claim           → empty    expected: task-1
        """,
    ),
    "ACK-6": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased'
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
                0.006 s  late       claim           → task-1  lease until 60.006 s
               61.136 s  heir       claim           → task-1  lease until 121.136 s
            ▶  61.138 s  late       complete task-1 → ok      expected: refused
              154.339 s  collector  claim           → empty   the task is lost
        """,
    ),
    "ACK-7": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased'
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               0.006 s  late   claim       → task-1  lease until 60.006 s
              61.136 s  heir   claim       → task-1  lease until 121.136 s
            ▶ 61.138 s  late   fail task-1 → ok      expected: refused
              91.144 s  other  claim       → task-1  a second holder
        """,
    ),
    "ACK-8": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased'
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               0.006 s  late   claim          → task-1  lease until 60.006 s
              61.136 s  heir   claim          → task-1  lease until 121.136 s
            ▶ 61.138 s  late   release task-1 → ok      expected: refused
              91.144 s  other  claim          → task-1  a second holder
        """,
    ),
    "ACK-9": Example(
        language="sql",
        wrong="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now) + :seconds
            WHERE id = :id AND state = 'leased'
        """,
        right="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now) + :seconds
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
                0.006 s  late  claim                → task-1  lease until 60.006 s
               61.136 s  heir  claim                → task-1  lease until 121.136 s
            ▶  61.138 s  late  extend task-1 1200 s → ok      expected: refused
              154.332 s  late  claim                → empty   the heir's lease was over
        """,
    ),
    "ACK-10": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND worker = :worker
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
                0.006 s  late       claim           → task-1  lease until 60.006 s
               61.134 s  late       claim           → task-1  lease until 121.134 s
            ▶  61.136 s  late       complete task-1 → ok      stale; expected: refused
              154.337 s  collector  claim           → empty   the task is lost
        """,
    ),
    "ACK-11": Example(
        language="sql",
        wrong="""
            -- claim: take the task
            UPDATE task SET state = 'leased', worker = :worker,
                token = id, lease_end = :now + :lease  -- one token a task
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
              0.031 s  first   claim                   → task-to-release
              0.033 s  first   release task-to-release → ok
              0.035 s  second  claim                   → task-to-release
            ▶ 0.037 s  first   release task-to-release → ok               not refused
              0.039 s  third   claim                   → task-to-release  second holder
        """,
    ),
    "ACK-12": Example(
        language="sql",
        wrong="""
            -- cancel
            UPDATE task SET error = 'cancelled'  -- claims look at the state alone
            WHERE id = :id AND state = 'queued'
        """,
        right="""
            -- cancel
            DELETE FROM task
            WHERE id = :id AND state = 'queued'
        """,
        proof="""
              0.002 s  producer   enqueue task-1 → ok
              0.010 s  producer   cancel task-1  → ok
            ▶ 0.019 s  collector  claim          → task-1  expected: task-2
        """,
    ),
    "ACK-13": Example(
        wrong="""
            def cancel(self, task_id):
                drop = "DELETE FROM task WHERE id = :id AND due <= :now"
                self.run(drop, id=task_id)  # no row, no error
        """,
        right="""
            def cancel(self, task_id):
                sql = "DELETE FROM task WHERE id = :id AND state = 'queued' RETURNING 1"
                if not self.run(sql, id=task_id):
                    raise RefusedError(f"task_id={task_id!r} is not waiting")
        """,
        proof="""
              0.004 s  producer   enqueue later → ok     delay 2 s
              0.006 s  producer   cancel later  → ok
            ▶ 2.078 s  collector  claim         → later  expected: empty
        """,
    ),
    "ACK-14": Example(
        wrong="""
            def cancel(self, task_id):  # pull the task back, drop it if still unused
                back = "UPDATE task SET state = 'queued' WHERE id = :id"
                drop = "DELETE FROM task WHERE id = :id AND worker IS NULL"
                self.run(back, id=task_id)
                self.run(drop, id=task_id)
        """,
        right="""
            def cancel(self, task_id):
                sql = "DELETE FROM task WHERE id = :id AND state = 'queued' RETURNING 1"
                if not self.run(sql, id=task_id):
                    raise RefusedError(f"task_id={task_id!r} is not waiting")
        """,
        proof="""
              0.010 s  worker     claim           → task-1
              0.012 s  worker     complete task-1 → ok
              0.014 s  producer   cancel task-1   → ok
            ▶ 0.021 s  collector  claim           → task-1  expected: task-2
        """,
    ),
    "ACK-15": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND worker = :worker
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               0.006 s  late   claim                   → task-to-release
              61.134 s  late   claim                   → task-to-release
            ▶ 61.136 s  late   release task-to-release → ok               not refused
              91.142 s  other  claim                   → task-to-release  second holder
        """,
    ),
    "ACK-16": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.012 s  worker  claim                    → task-to-release
              0.014 s  worker  complete task-to-release → ok
            ▶ 0.016 s  worker  release task-to-release  → ok  expected: refused
              0.020 s  other   claim                    → task-to-release
        """,
    ),
    "ACK-17": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, due = :now + wait(attempts + 1),
                attempts = attempts + 1,  -- before the token is compared
                state = CASE WHEN token <> :token THEN state
                WHEN attempts + 1 < max_attempts THEN 'queued' ELSE 'dead' END
            WHERE id = :id AND state = 'leased'
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, due = :now + wait(attempts + 1),
                attempts = attempts + 1,
                state = iif(attempts + 1 < max_attempts, 'queued', 'dead')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               0.002 s  producer  enqueue task-1 → ok     max_attempts 3
              61.136 s  heir      claim          → task-1
              61.138 s  late      fail task-1    → ok
              61.140 s  heir      fail task-1    → ok     the second failure of three
            ▶ 63.204 s  other     claim          → empty  expected: task-1
        """,
    ),
    "ACK-18": Example(
        wrong="""
            def cancel(self, task_id):  # pull the task back, drop it if still unused
                back = "UPDATE task SET state = 'queued' WHERE id = :id"
                drop = "DELETE FROM task WHERE id = :id AND worker IS NULL"
                self.run(back, id=task_id)
                self.run(drop, id=task_id)
        """,
        right="""
            def cancel(self, task_id):
                sql = "DELETE FROM task WHERE id = :id AND state = 'queued' RETURNING 1"
                if not self.run(sql, id=task_id):
                    raise RefusedError(f"task_id={task_id!r} is not waiting")
        """,
        proof="""
              0.008 s  worker    claim         → task-1
              0.010 s  producer  cancel task-1 → ok
            ▶ 0.014 s  other     claim         → task-1  expected: task-2
        """,
    ),
    "ACK-19": Example(
        wrong="""
            def purge(self):
                self.run("DELETE FROM task WHERE state = 'completed'")
                self.run("DELETE FROM sqlite_sequence")  # ids start again
        """,
        right="""
            def purge(self):
                self.run("DELETE FROM task WHERE state = 'completed'")
        """,
        proof="""
              0.008 s  first   claim           → task-1   token 1
              0.016 s  second  claim           → task-2   token 1
            ▶ 0.018 s  first   complete task-1 → ok       both have the id 1
              0.024 s  second  complete task-2 → refused
        """,
    ),
}
