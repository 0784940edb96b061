"""The monitor `requeue`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_queuekit.model.capabilities import Retry
from pytest_queuekit.monitors import requeue
from tests.monitors.notation import Twins, kinds

ONCE: dict[str, Any] = {"retry": Retry(max_attempts=1)}
TWICE: dict[str, Any] = {"retry": Retry(max_attempts=2, first=4)}
DEAD = "p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5; "
BACK = "p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5; a: claim t @10-11; a: fail t @12-13; "
BACK += "p: requeue t @30-31; a: claim t @32-33; a: fail t @34-35; "

TWINS = (
    Twins(
        kind="requeue-refused",
        legal=DEAD + "p: requeue t @4.5-6 refused",
        illegal=DEAD + "p: requeue t @5.5-6 refused",
        declared=ONCE,
    ),
    Twins(
        kind="requeue-lost",
        legal=DEAD + "p: requeue t @6-7; b: claim - @7-8",
        illegal=DEAD + "p: requeue t @6-7; b: claim - @7.1-8",
        declared=ONCE,
    ),
    Twins(
        kind="requeue-revived",
        legal="p: enqueue t; a: claim t; a: complete t; p: requeue t; b: claim -",
        illegal="p: enqueue t; a: claim t; a: complete t; p: requeue t; b: claim t",
    ),
    Twins(
        kind="requeue-hastened",
        legal="p: enqueue t @0-1 delay=5; p: requeue t @2-3; b: claim t @4-5",
        illegal="p: enqueue t @0-1 delay=5; p: requeue t @2-3; b: claim t @4-4.9",
    ),
    Twins(
        kind="requeue-attempts",
        legal=BACK + "b: claim - @39-50",
        illegal=BACK + "b: claim - @39.1-50",
        declared=TWICE,
    ),
)

judged = partial(kinds, requeue)


def test_only_a_task_that_is_certainly_dead_must_be_requeued() -> None:
    """A failure of unknown outcome may have left it alive."""
    maybe = DEAD.replace("fail t @4-5", "fail t @4-5 unknown")
    assert judged(maybe + "p: requeue t @6-7 refused", **ONCE) == []
    assert judged(maybe + "p: requeue t @6-7; b: claim - @8-9", **ONCE) == []
    assert judged(DEAD + "p: requeue t @6-7 refused", **TWICE) == []


def test_a_task_that_may_be_dead_may_come_at_once() -> None:
    """An expired lease may count as a failure, so that the second attempt was the last."""
    lapsed = "p: enqueue t @0-1; a: claim t @2-3; a: claim t @20-21; a: fail t @22-23; "
    rest = "p: requeue t @24-25; b: claim t @25.1-25.5"
    assert judged(lapsed + rest, **TWICE) == []
    assert judged(lapsed + rest, retry=Retry(max_attempts=3, first=4)) == ["requeue-hastened"]


def test_calls_that_meet_the_requeue_may_have_been_first() -> None:
    """Another requeue, or a claim that got the requeued task, which then died with its worker."""
    refused = DEAD + "p: requeue t @6-7 refused; q: requeue t @%s"
    assert judged(refused % "6.5-6.9", **ONCE) == []
    assert judged(refused % "7.5-8", **ONCE) == ["requeue-refused"]
    lost = DEAD + "p: requeue t @6-9; b: claim t @7-8; c: claim - @30-31"
    assert judged(lost, **ONCE) == []


def test_a_task_that_failed_for_good_is_dead() -> None:
    """Its attempts do not count."""
    text = DEAD.replace("fail t @4-5", "fail t @4-5 retry=false") + "p: requeue t @6-7 refused"
    assert judged(text, **TWICE) == ["requeue-refused"]
    assert judged(text.replace("6-7 refused", "6-7; b: claim t @8-9"), **TWICE) == []


def test_a_claim_must_be_able_to_get_the_requeued_task() -> None:
    """A full group, other capabilities and a claim of unknown outcome excuse an empty answer."""
    rest = "p: requeue t @6-7; b: claim - @8-9"
    assert judged(DEAD + rest, **ONCE) == ["requeue-lost"]
    assert judged(DEAD + "q: claim - @5-; " + rest, **ONCE) == []
    for options in ("group=1", 'capabilities={"region":"EU"}'):
        assert judged(DEAD.replace("@0-1", f"@0-1 {options}") + rest, **ONCE) == []
    assert judged(DEAD + rest + "; b: claim t @8.5-9", **ONCE) == []
    assert judged(DEAD + rest, resolution=2.0, **ONCE) == []


def test_a_requeued_task_may_expire_while_it_waits_again() -> None:
    """A requeue need not lengthen the life of a task, which counts from its enqueue."""
    text = DEAD.replace("@0-1", "@0-1 expires=8") + "p: requeue t @6-7; b: claim - @%s"
    assert judged(text % "7.1-7.9", **ONCE) == ["requeue-lost"]
    assert judged(text % "7.1-8", **ONCE) == []
    assert judged(text % "9-10", **ONCE) == []
    again, short = BACK + "b: claim - @45-50", "@0-1 expires=40"
    assert judged(again, requeue_attempts=2, **TWICE) == ["requeue-attempts"]
    assert judged(again.replace("@0-1", short), requeue_attempts=2, **TWICE) == []


def test_a_task_whose_key_is_in_use_is_not_judged() -> None:
    """A queue may refuse to have two tasks of one key."""
    keyed = DEAD.replace("@0-1", "@0-1 key=k") + "p: enqueue u @5.1-5.2 key=k; "
    assert judged(keyed + "p: requeue t @6-7 refused", **ONCE) == []


def test_a_failed_task_waits_in_spite_of_a_requeue() -> None:
    """It is not dead, so that the requeue has no effect."""
    text = DEAD + "p: requeue t @5.1-5.5; b: claim t @6-%s"
    assert judged(text % 7.9, **TWICE) == ["requeue-hastened"]
    assert judged(text % 8, **TWICE) == []


def test_a_requeued_task_has_the_declared_attempts() -> None:
    """By default as many as a new one; the count is unknown after a lease that expired."""
    again = BACK + "b: claim t @40-41; b: fail t @42-43; "
    assert judged(again + "c: claim - @60-61", **TWICE) == []
    assert judged(again + "c: claim t @60-61", **TWICE) == ["requeue-attempts"]
    assert judged(BACK + "b: claim - @45-50", requeue_attempts=1, **TWICE) == []
    assert judged(BACK + "b: claim t @45-50", requeue_attempts=1, **TWICE) == ["requeue-attempts"]
    silent = BACK.replace("a: fail t @34-35; ", "b: claim t @50-51; b: fail t @52-53; ")
    assert judged(silent + "b: claim - @70-71", **TWICE) == []
