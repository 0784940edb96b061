"""Examples for WALK: features that meet on one task."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "WALK-1": Example(
        language="sql",
        wrong="""
            -- release
            UPDATE task SET state = 'queued', due = :now, priority = 100
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- release
            UPDATE task SET state = 'queued', due = :now
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              0.002 s  a  enqueue task-1 → ok      priority 1
              0.004 s  a  claim          → task-1
              0.006 s  a  release task-1 → ok
              0.008 s  a  enqueue task-2 → ok      priority 5
            ▶ 0.010 s  a  claim          → task-2  expected: task-1
        """,
    ),
}
