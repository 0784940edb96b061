"""Examples for the rules about a failure after which the task must not be tried again."""

from __future__ import annotations

from pytest_queuekit.rules.examples.example import Example

EXAMPLES = {
    "RETRY-20": Example(
        wrong="""
            def fail(self, claim, error, *, retry=True):
                self.acknowledge("fail", claim, error=error)
        """,
        right="""
            def fail(self, claim, error, *, retry=True):
                self.acknowledge("fail" if retry else "give up", claim, error=error)
        """,
        proof="""
              0.004 s  worker  claim        → at-once
              0.006 s  worker  fail at-once → ok       retry false
            ▶ 2.060 s  other   claim        → at-once  expected: empty
        """,
    ),
}
