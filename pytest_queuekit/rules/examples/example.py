"""An example for a rule, and the queue that all examples belong to."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

TABLE = """\
CREATE TABLE IF NOT EXISTS task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payload,
    priority INTEGER DEFAULT 100,         -- the lower number goes first
    delay REAL DEFAULT 0,                 -- in seconds
    due REAL,                             -- claimable from this time on
    expires REAL,                         -- not claimable for the first time from then on
    lease REAL,                           -- of each claim, in seconds, if the task sets it
    key TEXT,                             -- the idempotency key
    grp TEXT,                             -- the group, of which one task may be leased
    needs TEXT DEFAULT '{}',              -- required capabilities, as JSON
    max_attempts INTEGER DEFAULT 5,
    attempts INTEGER DEFAULT 0,
    state TEXT DEFAULT 'queued',          -- queued, leased, completed or dead
    worker TEXT,                          -- the latest holder
    token INTEGER DEFAULT 0,              -- the fencing token of the latest claim
    lease_end REAL,
    error TEXT
)
"""
"""The table of the queue in the examples. Times are in seconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """How an implementation breaks a rule, and how it keeps the rule.

    wrong, right: at most six lines: methods of the queue's class, or in SQL one statement
        below a comment that names it.
    proof: three to five calls on the wrong implementation; ▶ marks the call that breaks the rule.
    language: of `wrong` and `right`.
    """

    wrong: str
    right: str
    proof: str
    language: Literal["python", "sql"] = "python"

    def __post_init__(self) -> None:
        """Remove the indentation that the literals have in their module."""
        for name in ("wrong", "right", "proof"):
            object.__setattr__(self, name, textwrap.dedent(getattr(self, name)).strip("\n"))
