"""Examples for LEASE: expiry, extension and release."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "LEASE-1": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now AND worker = :worker
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now
        """,
        proof="""
               0.002 s  producer  enqueue task-1 → ok
               0.006 s  vanished  claim          → task-1  lease until 60.006 s
              60.070 s  keeper    reclaim        → ok      the lease has expired
            ▶ 61.136 s  heir      claim          → empty   expected: task-1
        """,
    ),
    "LEASE-2": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now + 5  -- a little early
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now
        """,
        proof="""
               0.002 s  producer  enqueue task-1 → ok
               0.006 s  holder    claim          → task-1  lease until 60.006 s
              59.968 s  keeper    reclaim        → ok
            ▶ 59.970 s  other     claim          → task-1  expected: empty
        """,
    ),
    "LEASE-3": Example(
        language="sql",
        wrong="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now + :seconds / 1000)
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now) + :seconds
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
                0.006 s  holder  claim              → task-1  lease until 60.006 s
               48.008 s  holder  extend task-1 60 s → ok
               96.010 s  holder  extend task-1 60 s → ok
              144.012 s  holder  extend task-1 60 s → ok      lease until 240.006 s
            ▶ 168.020 s  other   claim              → task-1  expected: empty
        """,
    ),
    "LEASE-4": Example(
        language="sql",
        wrong="""
            -- extend
            UPDATE task SET lease_end = 9e99  -- its worker is alive
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now) + :seconds
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
                0.006 s  vanished  claim              → task-1  lease until 60.006 s
                0.008 s  vanished  extend task-1 60 s → ok      lease until 120.006 s
              120.072 s  keeper    reclaim            → ok
            ▶ 121.138 s  heir      claim              → empty   expected: task-1
        """,
    ),
    "LEASE-5": Example(
        language="sql",
        wrong="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now) + :seconds
            WHERE state = 'leased'
        """,
        right="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now) + :seconds
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               0.006 s  vanished  claim               → lost-1  lease until 60.006 s
               0.012 s  holder    claim               → kept-1  lease until 60.012 s
               0.014 s  holder    extend kept-1 600 s → ok
              60.078 s  keeper    reclaim             → ok
            ▶ 61.144 s  heir      claim               → empty   expected: lost-1
        """,
    ),
    "LEASE-6": Example(
        language="sql",
        wrong="""
            -- claim: take the task
            UPDATE task SET state = 'leased', worker = :worker,
                token = token + 1, lease_end = :now + 60
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
               0.006 s  brief    claim              → brief-1    lease until 60.006 s
               0.012 s  patient  claim lease 1200 s → patient-1  lease until 1200.012 s
              61.142 s  heir     claim              → brief-1
            ▶ 61.144 s  heir     claim              → patient-1  expected: empty
        """,
    ),
    "LEASE-7": Example(
        wrong="""
            def lease_end(self, lease):
                return time.time() + lease  # -60 ends at once, NaN never
        """,
        right="""
            def lease_end(self, lease):
                if isinstance(lease, bool) or not 0.001 <= lease <= 86_400:
                    raise RefusedError(f"lease={lease!r}: must be 1 ms to a day")
                return time.time() + lease
        """,
        proof="""
              0.002 s  producer      enqueue negative  → ok
              0.006 s  for-negative  claim lease -60 s → negative  not refused
            ▶ 0.010 s  other         claim             → negative  expected: empty
        """,
    ),
    "LEASE-8": Example(
        wrong="""
            def extend(self, claim, seconds):
                self.acknowledge("extend", claim, seconds=seconds)
        """,
        right="""
            def extend(self, claim, seconds):
                if isinstance(seconds, bool) or not 0.001 <= seconds <= 86_400:
                    raise RefusedError(f"seconds={seconds!r}: must be 1 ms to a day")
                self.acknowledge("extend", claim, seconds=seconds)
        """,
        proof="""
              0.006 s  for-negative  claim                 → negative  until 60.006 s
              0.008 s  for-negative  extend negative -60 s → ok        not refused
            ▶ 0.012 s  other         claim                 → negative  expected: empty
        """,
    ),
    "LEASE-9": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', due = lease_end
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok
              0.006 s  first     claim          → task-1  lease until 60.006 s
              0.008 s  first     release task-1 → ok
            ▶ 0.012 s  second    claim          → empty   expected: task-1
        """,
    ),
    "LEASE-10": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id IN (SELECT id FROM task WHERE state = 'leased'
                AND lease_end BETWEEN :now - 1 AND :now LIMIT 20)
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND lease_end <= :now
        """,
        proof="""
                0.122 s  vanished   claim   → task-20  lease until 60.122 s
                0.125 s  vanished   claim   → task-21  lease until 60.125 s
               60.219 s  keeper     reclaim → ok       returns twenty tasks
            ▶ 122.513 s  collector  claim   → empty    expected: task-21
        """,
    ),
    "LEASE-11": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
            AND lease_end > :now + 10  -- a margin
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               0.004 s  producer  enqueue complete-1  → ok
               0.006 s  worker    claim               → complete-1  lease until 60.006 s
            ▶ 54.016 s  worker    complete complete-1 → refused     expected: ok
        """,
    ),
    "LEASE-12": Example(
        language="sql",
        wrong="""
            -- claim: take the task
            UPDATE task SET state = 'leased', worker = :worker,
                token = token + 1, lease_end = :now + CAST(:lease AS INTEGER)
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
              0.002 s  producer  enqueue task-1    → ok
              0.006 s  holder    claim lease 0.9 s → task-1  lease until 0.906 s
            ▶ 0.464 s  other     claim             → task-1  expected: empty
        """,
    ),
    "LEASE-13": Example(
        language="sql",
        wrong="""
            -- extend
            UPDATE task SET lease_end = :now + :seconds
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- extend
            UPDATE task SET lease_end = max(lease_end, :now + :seconds)
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
               0.004 s  producer  enqueue task-1     → ok
               0.007 s  holder    claim              → task-1  lease until 60.007 s
               0.009 s  holder    extend task-1 12 s → ok
            ▶ 24.013 s  other     claim              → task-1  expected: empty
        """,
    ),
    "LEASE-14": Example(
        wrong="""
            def take(self, task_id, worker, lease=60.0):
                return super().take(task_id, worker, lease)  # that of the claim
        """,
        right="""
            def take(self, task_id, worker, lease=60.0):
                sql = "SELECT lease FROM task WHERE id = :id"
                ((own,),) = self.run(sql, id=task_id)
                return super().take(task_id, worker, lease if own is None else own)
        """,
        proof="""
               0.002 s  producer  enqueue brief → ok     lease 30 s
               0.008 s  first     claim         → brief
            ▶ 30.076 s  heir      claim         → empty  expected: brief
        """,
    ),
    "LEASE-15": Example(
        wrong="""
            def enqueue(self, payload, *, lease=None):
                return self.insert(payload, lease=lease)  # -60 ends at once
        """,
        right="""
            def enqueue(self, payload, *, lease=None):
                if lease is not None and not 0.001 <= lease <= 86_400:
                    raise RefusedError(f"lease={lease!r}: must be 1 ms to a day")
                return self.insert(payload, lease=lease)
        """,
        proof="""
              0.007 s  producer      enqueue negative → ok        lease -60 s
              0.010 s  for-negative  claim            → negative
            ▶ 0.012 s  other         claim            → negative  expected: empty
        """,
    ),
    "LEASE-16": Example(
        wrong="""
            def enqueue(self, payload, *, lease=60.0):
                return self.insert(payload, lease=int(lease))
        """,
        right="""
            def enqueue(self, payload, *, lease=60.0):
                return self.insert(payload, lease=lease)
        """,
        proof="""
              0.007 s  producer  enqueue task-1 → ok      lease 0.9 s
              0.010 s  holder    claim          → task-1
            ▶ 0.464 s  other     claim          → task-1  expected: empty
        """,
    ),
}
