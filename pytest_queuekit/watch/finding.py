"""What the watch says: one finding for each kind, line and test."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pytest_queuekit.model.verdict import Place

WRITE_OUTSIDE = "write-outside"
SLOW_PLAN = "slow-plan"
LONG_TRANSACTION = "long-transaction"
BUSY = "busy"
OPEN_CONNECTION = "open-connection"
LEASED = "leased"

KINDS = (WRITE_OUTSIDE, SLOW_PLAN, LONG_TRANSACTION, BUSY, OPEN_CONNECTION, LEASED)
"""The words of the marker queue_allow, and of reports."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a test, or the code under it, did to a queue database.

    kind: one of KINDS.
    sentence: what is wrong, and what to do instead.
    place: the line that did it; None where no line is known.
    test: the node id of the test meanwhile; empty for what happened outside of tests.
    count: how often it happened there.
    """

    kind: str
    sentence: str
    place: Place | None
    test: str
    count: int = 1


def pack(one: Finding) -> dict[str, Any]:
    """Return a finding as data that can go from process to process."""
    return asdict(one)


def unpack(data: dict[str, Any]) -> Finding:
    """Return the finding that `pack` made data of."""
    place = data["place"]
    return Finding(**{**data, "place": None if place is None else Place(**place)})
