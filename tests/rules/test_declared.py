"""A proof names the declaration that it breaks, in the adapter's own words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_queuekit.model.capabilities import (
    Durability,
    Guarantee,
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Retry,
)
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors import FOR_SCENARIOS, MONITORS
from pytest_queuekit.rules.declared import EVERY_QUEUE, JUDGED_BY, broken
from tests.monitors.notation import contract, history

TAIL = Order(redelivery="tail")
BACKOFF = Retry(max_attempts=3, first=10, factor=2)
TWICE = "p: enqueue t; a: claim t lease=60; b: claim t lease=60"
FAILED = "p: enqueue t; a: claim t; a: fail t; b: claim t"


def declared(kind: str, text: str, **fields: Any) -> tuple[str, ...]:
    """Return the declarations that a violation breaks whose witness is a whole history."""
    observed = history(text)
    proof = Violation(kind=kind, title="", detail="", witness=observed.operations)
    return broken(proof, observed, contract(**fields))


@pytest.mark.parametrize(
    ("kind", "text", "fields", "words"),
    [
        ("early", "p: enqueue t delay=10; a: claim t", {}, ["enqueue(delay=10)"]),
        (
            "early-retry",
            FAILED,
            {"retry": BACKOFF},
            ["retry=Retry(max_attempts=3, first=10, factor=2): 10 s after failure 1"],
        ),
        (
            "early-retry",
            f"{FAILED}; b: fail t; c: claim t",
            {"retry": Retry(max_attempts=3, first=10, factor=2, jitter=0.1)},
            [
                "retry=Retry(max_attempts=3, first=10, factor=2, jitter=0.1): "
                "18 to 22 s after failure 2"
            ],
        ),
        ("delivered-dead", FAILED, {"retry": BACKOFF}, ["retry=Retry(max_attempts=3)"]),
        (
            "delivered-dead",
            FAILED.replace("enqueue t", "enqueue t max_attempts=1"),
            {"retry": BACKOFF},
            ["enqueue(max_attempts=1)"],
        ),
        ("double-delivery", TWICE, {}, ["liveness=LEASE", "claim(lease=60)"]),
        (
            "double-delivery",
            TWICE.replace("enqueue t", "enqueue t lease=90"),
            {},
            ["liveness=LEASE", "enqueue(lease=90)"],
        ),
        (
            "double-delivery",
            TWICE.replace(" lease=60", ""),
            {"lease_seconds": 30.0},
            ["liveness=LEASE", "lease_seconds=30"],
        ),
        (
            "abandoned",
            TWICE.replace(" lease=60", ""),
            {"liveness": Liveness.PROCESS},
            ["liveness=PROCESS", "notice_seconds=10 (default)"],
        ),
        (
            "double-delivery",
            TWICE,
            {"guarantee": Guarantee.AT_MOST_ONCE},
            ["guarantee=AT_MOST_ONCE"],
        ),
        ("misplaced", FAILED, {"order": TAIL}, ["order=Order(ties='fifo', redelivery='tail')"]),
        (
            "fifo-order",
            TWICE,
            {"order": Order(resolution=0.5), "resolution": 0.25},
            ["order=Order(ties='fifo', resolution=0.5)"],
        ),
        (
            "key-let-through",
            'p: enqueue t key="k"; p: enqueue u key="k"; a: claim u',
            {"key_hold": KeyHold.UNTIL_CLAIM},
            ["enqueue(key='k')", "key_hold=UNTIL_CLAIM"],
        ),
        (
            "not-replaced",
            TWICE,
            {"key_conflict": KeyConflict.REPLACE},
            ["key_conflict=REPLACE"],
        ),
        (
            "group-overfull",
            'p: enqueue t group="g"; a: claim t',
            {"group_limit": 2},
            ["enqueue(group='g')", "group_limit=2"],
        ),
        ("outdated", "p: enqueue t expires=5; a: claim t", {}, ["enqueue(expires=5)"]),
        (
            "lost",
            TWICE,
            {"durability": Durability.POWER_LOSS},
            ["guarantee=AT_LEAST_ONCE", "durability=POWER_LOSS"],
        ),
        ("lost", TWICE, {"durability": Durability.NONE}, ["guarantee=AT_LEAST_ONCE"]),
        ("completed-again", TWICE, {}, []),
    ],
)
def test_the_broken_declaration_is_named(
    kind: str, text: str, fields: dict[str, Any], words: list[str]
) -> None:
    """With the values of the adapter, or those that a call asked for."""
    assert list(declared(kind, text, **fields)) == words


NO_KINDS = {
    "refuses",
    "reclaim",
    "expires",
    "bytes",
    "written",
    "life",
    "backlog",
    "depth",
    "steps",
}
NO_KINDS |= {"nanoseconds", "memory", "idempotency", "retry", "stats", "order", "expiry"}


def test_each_kind_of_violation_is_classified() -> None:
    """It is judged by declarations, or it breaks a promise of every queue; never both."""
    named = {
        word
        for monitor in (*MONITORS, *FOR_SCENARIOS)
        for word in re.findall(r"`([a-z-]+)`", monitor.__doc__ or "")
    }
    assert named - NO_KINDS == JUDGED_BY.keys() | EVERY_QUEUE
    assert not JUDGED_BY.keys() & EVERY_QUEUE
