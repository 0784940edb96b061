"""Examples for CRASH: workers that die, stop or fall silent."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "CRASH-1": Example(
        wrong="""
            guarantee = Guarantee.AT_LEAST_ONCE  # the default
            liveness = Liveness.NONE  # a killed worker keeps its task

            def reclaim(self):
                pass  # an operator looks after the tasks that are stuck
        """,
        right="""
            guarantee = Guarantee.AT_LEAST_ONCE
            liveness = Liveness.LEASE

            def reclaim(self):
                expired = "WHERE state = 'leased' AND lease_end <= :now"
                self.run(f"UPDATE task SET state = 'queued' {expired}")
        """,
        proof="""
              0.007 s  killed  claim → plain
              0.008 s  killed  kill  → ok
            ▶ 4.116 s  heir    claim → empty  expected: plain
        """,
    ),
    "CRASH-2": Example(
        wrong="""
            def is_alive(self, pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, 0)  # a zombie keeps its id until it is reaped
                    return True
                return False
        """,
        right="""
            def is_alive(self, pid):
                status = Path(f"/proc/{pid}/status")
                return status.exists() and "(zombie)" not in status.read_text()
        """,
        proof="""
              0.012 s  killed  claim → plain
              0.013 s  killed  kill  → ok
            ▶ 2.059 s  heir    claim → empty  expected: plain
        """,
    ),
    "CRASH-3": Example(
        language="sql",
        wrong="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased'  -- no matter to which worker
        """,
        right="""
            -- complete
            UPDATE task SET state = 'completed'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              1.350 s  stopped    claim           → task-1
              2.359 s  heir       claim           → task-1
              4.902 s  stopped    complete task-1 → ok      expected: refused
              5.864 s  heir       kill            → ok
            ▶ 8.997 s  collector  claim           → empty   expected: task-1
        """,
    ),
    "CRASH-4": Example(
        language="sql",
        wrong="""
            -- extend
            UPDATE task SET lease_end = :now + :seconds / 8  -- expects eight beats
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- extend
            UPDATE task SET lease_end = :now + :seconds
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.854 s  late   extend task-1 → ok      by 1 s
            ▶ 0.994 s  other  claim         → task-1  expected: empty
              1.123 s  late   extend task-1 → refused
        """,
    ),
    "CRASH-5": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET state = 'queued'
            WHERE state = 'leased' AND NOT is_alive(worker)
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND NOT is_alive(worker)
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok      max_attempts 2
              2.375 s  victim-1  claim          → task-1
              2.381 s  victim-2  claim          → task-1
              2.387 s  victim-3  claim          → task-1
            ▶ 2.394 s  victim-4  claim          → task-1  expected: empty
        """,
    ),
    "CRASH-6": Example(
        language="sql",
        wrong="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1, state = 'queued'
            WHERE state = 'leased' AND NOT is_alive(worker)
                AND attempts + 1 < max_attempts  -- the other tasks stay leased
        """,
        right="""
            -- reclaim
            UPDATE task SET attempts = attempts + 1,
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE state = 'leased' AND NOT is_alive(worker)
        """,
        proof="""
              0.002 s  producer  enqueue task-1 → ok     max_attempts 1
              0.520 s  victim    claim          → task-1
              0.521 s  victim    kill           → ok
              4.020 s  keeper    claim          → empty
            ▶ 4.022 s  keeper    dead_letters   → ok     expected: task-1 among them
        """,
    ),
}
