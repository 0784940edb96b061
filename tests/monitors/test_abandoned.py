"""The monitor `abandoned`: legal histories beside their illegal twins."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.capabilities import Guarantee, Liveness, Retry
from pytest_queuekit.monitors import abandoned
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="abandoned",
        legal="p: enqueue t @0-1; a: claim t @2-3; a: kill @4-4; b: claim - @6-7",
        illegal="p: enqueue t @0-1; a: claim t @2-3; a: kill @4-4; b: claim - @6.1-7",
        declared={"liveness": Liveness.NONE},
    ),
)

KIND = ["abandoned"]
TEXT = "p: enqueue t @0-1; a: claim t @2-3; %s; a: kill @4-4; b: claim - @%s"
QUIET = "q: stats @0-1"


def test_only_a_queue_that_promises_to_deliver_again_is_judged() -> None:
    """`expiry` judges the queues that declare how they notice a death."""
    text = TEXT % (QUIET, "9-10")
    assert kinds(abandoned, text, liveness=Liveness.NONE) == KIND
    assert kinds(abandoned, text, liveness=Liveness.LEASE) == []
    assert kinds(abandoned, text, liveness=Liveness.PROCESS) == []
    once: dict[str, Any] = {"liveness": Liveness.NONE, "guarantee": Guarantee.AT_MOST_ONCE}
    assert kinds(abandoned, text, **once) == []


def test_a_task_that_may_be_finished_is_not_abandoned() -> None:
    """An acknowledgement of unknown outcome may have taken effect before the kill."""
    assert kinds(abandoned, TEXT % ("a: complete t @3.5-", "9-10"), liveness=Liveness.NONE) == []
    refused = TEXT % ("a: complete t @3.5-3.6 refused", "9-10")
    assert kinds(abandoned, refused, liveness=Liveness.NONE) == KIND


def test_a_task_that_comes_again_or_is_dead_is_not_abandoned() -> None:
    """A death may be the last attempt of a task, and a failure after which the task waits."""
    again = TEXT % (QUIET, "9-10") + "; c: claim t @11-12"
    assert kinds(abandoned, again, liveness=Liveness.NONE) == []
    listed = TEXT % (QUIET, "9-10") + "; c: dead_letters t @11-12"
    assert kinds(abandoned, listed, liveness=Liveness.NONE) == []
    once, slow = Retry(max_attempts=1), Retry(max_attempts=9, first=20)
    assert kinds(abandoned, TEXT % (QUIET, "9-10"), liveness=Liveness.NONE, retry=once) == []
    assert kinds(abandoned, TEXT % (QUIET, "9-10"), liveness=Liveness.NONE, retry=slow) == []
    assert kinds(abandoned, TEXT % (QUIET, "27-28"), liveness=Liveness.NONE, retry=slow) == KIND
