"""Examples for ROUTE: required capabilities."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "ROUTE-1": Example(
        wrong="""
            def matches(self, needs, offered):
                for name, value in needs.items():
                    if value not in str(offered.get(name)):  # "EU" is in "EUROPE"
                        return False
                return True
        """,
        right="""
            def matches(self, needs, offered):
                for name, value in needs.items():
                    has = offered.get(name)
                    if value not in (has if isinstance(has, list) else [has]):
                        return False
                return True
        """,
        proof="""
              0.004 s  producer  enqueue for-eu      → ok      region=EU
              0.006 s  worker    claim region=US     → empty
            ▶ 0.008 s  worker    claim region=EUROPE → for-eu  expected: empty
        """,
    ),
    "ROUTE-2": Example(
        wrong="""
            def matches(self, needs, offered):
                if not needs:
                    return not offered  # plain tasks are for plain workers
                return super().matches(needs, offered)
        """,
        right="""
            def matches(self, needs, offered):
                if not needs:
                    return True
                return super().matches(needs, offered)
        """,
        proof="""
              0.006 s  producer    enqueue task-3  → ok
              0.010 s  generalist  claim           → task-1
            ▶ 0.014 s  american    claim region=US → empty  expected: task-2
        """,
    ),
    "ROUTE-3": Example(
        wrong="""
            def matches(self, needs, offered):
                for name, value in needs.items():
                    has = offered.get(name)
                    if not isinstance(has, list) and has != value:  # any list will do
                        return False
                return True
        """,
        right="""
            def matches(self, needs, offered):
                for name, value in needs.items():
                    has = offered.get(name)
                    if value not in (has if isinstance(has, list) else [has]):
                        return False
                return True
        """,
        proof="""
              0.004 s  producer  enqueue task-1       → ok      region=EU
              0.006 s  producer  enqueue task-2       → ok      region=EU
            ▶ 0.008 s  worker    claim region=US,ASIA → task-1  expected: empty
        """,
    ),
    "ROUTE-4": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM (
                SELECT * FROM task WHERE state = 'queued' AND due <= :now
                ORDER BY priority, id LIMIT 1)
            WHERE matches(needs, :capabilities)
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task WHERE state = 'queued' AND due <= :now
            AND matches(needs, :capabilities)
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.002 s  producer  enqueue for-eu-1   → ok     region=EU
              0.004 s  producer  enqueue for-us     → ok     region=US
              0.006 s  producer  enqueue for-anyone → ok
            ▶ 0.010 s  american  claim region=US    → empty  expected: for-us
        """,
    ),
    "ROUTE-5": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM (
                SELECT * FROM task WHERE state = 'queued' AND due <= :now
                ORDER BY priority, id LIMIT 100)
            WHERE matches(needs, :capabilities)
            ORDER BY priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task WHERE state = 'queued' AND due <= :now
            AND matches(needs, :capabilities)
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.300 s  producer  enqueue for-eu-150 → ok     region=EU; 150 of them
              0.302 s  producer  enqueue for-us     → ok     region=US
              0.304 s  producer  enqueue for-anyone → ok
            ▶ 0.308 s  american  claim region=US    → empty  expected: for-us
        """,
    ),
    "ROUTE-6": Example(
        wrong="""
            def matches(self, needs, offered):
                for name, value in needs.items():
                    has = offered.get(name)
                    if value in (has if isinstance(has, list) else [has]):
                        return True  # one capability is enough
                return not needs
        """,
        right="""
            def matches(self, needs, offered):
                for name, value in needs.items():
                    has = offered.get(name)
                    if value not in (has if isinstance(has, list) else [has]):
                        return False
                return True
        """,
        proof="""
              0.004 s  producer  enqueue both               → ok    region=EU format=mp4
            ▶ 0.006 s  worker    claim region=EU            → both  expected: empty
              0.008 s  worker    claim region=EU format=avi → empty
        """,
    ),
    "ROUTE-7": Example(
        wrong="""
            def matches(self, needs, offered):
                return needs == offered
        """,
        right="""
            def matches(self, needs, offered):
                for name, value in needs.items():
                    has = offered.get(name)
                    if value not in (has if isinstance(has, list) else [has]):
                        return False
                return True
        """,
        proof="""
              0.002 s  producer  enqueue for-eu             → ok     region=EU
              0.004 s  expert    open                       → ok
            ▶ 0.006 s  expert    claim gpu=yes region=US,EU → empty  expected: for-eu
        """,
    ),
    "ROUTE-8": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task WHERE state = 'queued' AND due <= :now
            AND matches(needs, :capabilities)
            ORDER BY needs = '{}', priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task WHERE state = 'queued' AND due <= :now
            AND matches(needs, :capabilities)
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              0.008 s  producer  enqueue task-1-for-anyone → ok
              0.010 s  producer  enqueue task-2-for-us     → ok             region=US
            ▶ 0.042 s  american  claim region=US           → task-2-for-us  too early
              0.052 s  american  claim region=US           → task-1-for-anyone
        """,
    ),
    "ROUTE-9": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', needs = '{}'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued'
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.006 s  producer  enqueue for-eu  → ok      region=EU
              0.008 s  european  claim region=EU → for-eu
              0.010 s  european  release for-eu  → ok
            ▶ 0.012 s  american  claim region=US → for-eu  expected: empty
        """,
    ),
}
