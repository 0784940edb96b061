"""The findings of the watch: each kind, source line and test appears once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from pytest_queuekit.model.verdict import Place

WRITE_OUTSIDE = "write-outside"
SLOW_PLAN = "slow-plan"
LONG_TRANSACTION = "long-transaction"
LONG_READ = "long-read"
BUSY = "busy"
OPEN_CONNECTION = "open-connection"
LEASED = "leased"

TITLES: Mapping[str, str] = MappingProxyType(
    {
        WRITE_OUTSIDE: "Write outside a transaction",
        SLOW_PLAN: "Query without a matching index",
        LONG_TRANSACTION: "Transaction held too long",
        LONG_READ: "Snapshot held while the log grew",
        BUSY: "Database locked by another connection",
        OPEN_CONNECTION: "Connection left open",
        LEASED: "Task left leased",
    }
)
"""The headline of each kind; at most 60 characters."""

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        WRITE_OUTSIDE: "your SQL wrote in autocommit mode, through connection() or db.execute()",
        SLOW_PLAN: "your SQL searched the queue's tables, and SQLite read a whole table or sorted "
        "its rows",
        LONG_TRANSACTION: "your transaction was held for more than 50 ms, not counting the time "
        "your thread waited for a CPU",
        LONG_READ: "your transaction only read, was held for more than 50 ms, and kept SQLite from "
        "reusing the -wal file, which grew by more than 1 MB",
        BUSY: "the queue raised QueueBusyError, or SQLite reported to your own SQL that the "
        "database is locked",
        OPEN_CONNECTION: "a connection was still open after the test's fixtures had ended",
        LEASED: "tasks were still leased after the test's body had ended",
    }
)
"""The event that each kind reports."""

KINDS = tuple(TITLES)
"""The words of the marker queue_allow, and of reports."""


@dataclass(frozen=True, kw_only=True)
class WatchFinding:
    """A mistake in the use of a queue database, by a test or by the code under test.

    kind: one of KINDS.
    title: what happened, in at most 60 characters that stand alone.
    detail: what happened, with names and numbers, and the fix.
    place: the line that did it; None if no line is known.
    test: node id of the test that ran; empty for what happened outside of tests.
    count: how many times it happened there.
    """

    kind: str
    title: str
    detail: str
    place: Place | None
    test: str
    count: int = 1


def pack(finding: WatchFinding) -> dict[str, Any]:
    """Return a finding as plain data, for another process."""
    return asdict(finding)


def unpack(data: dict[str, Any]) -> WatchFinding:
    """Return the finding that `pack` turned into data."""
    place = data["place"]
    return WatchFinding(**{**data, "place": None if place is None else Place(**place)})
