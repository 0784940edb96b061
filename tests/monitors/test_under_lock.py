"""The monitor `under_lock`: legal histories beside their illegal twins."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.capabilities import Retry
from pytest_queuekit.monitors.under_lock import under_lock
from tests.monitors.notation import Twins, kinds

LOCK = "s: lock @2-10; "
CLAIM = "p: enqueue t @0-1; a: claim t @3-11; b: claim t @%s"
TWINS = (
    Twins(
        kind="busy-after-lock",
        legal=LOCK + "p: enqueue t @3-5 busy; p: enqueue t @11-12",
        illegal=LOCK + "p: enqueue t @3-5 busy; p: enqueue t @11-12 busy",
    ),
    Twins(
        kind="counted-from-call",
        legal=LOCK + CLAIM % "20-21",
        illegal=LOCK + CLAIM % "15-16",
        lease=10.0,
    ),
)
EARLY = ["counted-from-call"]
LEASED: dict[str, Any] = {"lease": 10.0}


def test_only_a_wait_for_the_lock_is_judged() -> None:
    """A claim before the lock, or one that ended under it, may have taken its task at once."""
    text = LOCK + CLAIM % "15-16"
    assert kinds(under_lock, text, **LEASED) == EARLY
    assert kinds(under_lock, text.replace("@3-11", "@1.5-11"), **LEASED) == []
    assert kinds(under_lock, text.replace("@3-11", "@3-9"), **LEASED) == []
    assert kinds(under_lock, text.removeprefix(LOCK), **LEASED) == []


def test_a_holder_that_ends_its_delivery_frees_the_task() -> None:
    """After a release or an extension, the lease of the claim is no measure."""
    for said in ("release t @12-13", "extend t @12-13 seconds=1"):
        assert kinds(under_lock, LOCK + CLAIM % "15-16" + f"; a: {said}", **LEASED) == []


def test_a_delay_counts_from_the_end_of_the_lock() -> None:
    """A delay and a retry wait that are over when the lock ends were counted from the call."""
    delayed = LOCK + "p: enqueue t @3-11 delay=5; a: claim t @%s"
    assert kinds(under_lock, delayed % "12-13") == EARLY
    assert kinds(under_lock, delayed % "14-15") == []
    failed = LOCK + "p: enqueue t @0-0.5; a: claim t @1-1.5; a: fail t @3-11; b: claim t @%s"
    declared: dict[str, Any] = {"lease": 60.0, "retry": Retry(max_attempts=5, first=5)}
    assert kinds(under_lock, failed % "12-13", **declared) == EARLY
    assert kinds(under_lock, failed % "14-15", **declared) == []


def test_another_call_may_hold_the_lock_afterwards() -> None:
    """A busy answer to a call that met another call is not judged."""
    text = LOCK + "p: enqueue t @11-12 busy; q: enqueue u @11.5-13"
    assert kinds(under_lock, text) == []
