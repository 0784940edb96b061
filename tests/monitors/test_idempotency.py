"""The monitor `idempotency`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

import pytest

from pytest_queuekit.model.capabilities import Guarantee, KeyConflict, KeyHold, Retry
from pytest_queuekit.monitors import idempotency
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="key-let-through",
        legal=("p: enqueue t key=k; a: claim t; a: complete t; p: enqueue u key=k; a: claim u"),
        illegal=(
            "p: enqueue t key=k; a: claim t; a: complete t refused; p: enqueue u key=k; a: claim u"
        ),
    ),
    Twins(
        kind="key-not-freed",
        legal=("p: enqueue t key=k; a: claim t; a: complete t unknown; p: enqueue u key=k refused"),
        illegal=("p: enqueue t key=k; a: claim t; a: complete t; p: enqueue u key=k refused"),
    ),
    Twins(
        kind="keyed-lost",
        legal="p: enqueue t key=k; p: enqueue u key=k; z: claim t; z: claim -",
        illegal="p: enqueue t key=k; p: enqueue u key=k; z: claim -",
        drained=True,
    ),
)

reported = partial(kinds, idempotency, key_conflict=KeyConflict.KEEP)
drained = partial(reported, drained=True)
for_ever = partial(reported, key_hold=KeyHold.FOR_EVER)
for_a_time = partial(drained, key_hold=KeyHold.FOR_A_TIME)

PAIR = "p: enqueue t key=k @0-1; a: claim t @2-3; %s; p: enqueue u key=k @%s; b: claim u @90-91"
LET = ["key-let-through"]
NOT_FREED = ["key-not-freed"]


def test_a_key_keeps_a_second_task_out() -> None:
    """Both tasks were delivered although nothing had freed the key."""
    text = "p: enqueue t key=k; p: enqueue u key=%s; a: claim t; a: claim u"
    assert reported(text % "k") == LET
    assert reported(text % "l") == []
    assert reported(text.replace("key=k", "") % "k") == []
    assert reported((text % "k").replace("; a: claim u", "")) == []


def test_a_completion_frees_a_key() -> None:
    """A key that is held until completion may be free from the completion's start."""
    done = "a: complete t @4-5 %s"
    assert reported(PAIR % (done % "ok", "4-6")) == []
    assert reported(PAIR % (done % "ok", "3-3.9")) == LET
    assert reported(PAIR % (done % "unknown", "4-6")) == []
    assert reported(PAIR % (done % "refused", "4-6")) == LET
    assert for_ever(PAIR % (done % "ok", "4-6")) == LET


def test_an_enqueue_of_unknown_outcome_took_effect_before_its_task_came() -> None:
    """The claim of a task bounds the moment of its enqueue."""
    text = "p: enqueue t key=k @0-1; a: claim t @2-3; p: enqueue u key=k @4-5 unknown; b: claim u "
    assert reported(text + "@6-7; a: complete t @8-9") == LET
    assert reported(text + "@6-8; a: complete t @8-9") == []


def test_overlapping_enqueues_have_no_order() -> None:
    """Either task may have been first, and completed before the other was enqueued."""
    both = "p: enqueue t key=k @0-9; q: enqueue u key=k @1-9; "
    text = both + "a: claim u @2-3; a: %s u @4-5; b: claim t @7-8"
    assert reported(text % "complete") == []
    assert reported(text % "fail") == LET


@pytest.mark.parametrize("freed", ["p: cancel t @4-5", "p: purge @4-5"])
def test_a_deleted_task_may_free_its_key(freed: str) -> None:
    """This holds even if keys are held for ever."""
    assert for_ever(PAIR % (freed, "6-7")) == []
    assert for_ever(PAIR % (freed, "3-3.9")) == LET
    assert for_ever(PAIR % (freed + " refused", "6-7")) == LET


def test_a_dead_task_may_free_its_key() -> None:
    """No declaration says whether it does."""
    text = PAIR % ("a: fail t @4-5", "6-7")
    assert reported(text) == LET
    assert reported(text, retry=Retry(max_attempts=1)) == []
    assert reported(text, retry=Retry(max_attempts=2)) == LET


def test_at_most_once_a_task_is_complete_when_it_is_delivered() -> None:
    """The history has no other completion."""
    text = PAIR % ("q: stats @0-1", "2.5-4")
    assert reported(text, guarantee=Guarantee.AT_MOST_ONCE) == []
    assert reported(text) == LET


def test_after_completion_a_key_is_free() -> None:
    """The next task with the key must come in a drained history."""
    text = (
        "p: enqueue t key=k @0-1; a: claim t @2-3; a: complete t @4-5 %s;"
        "p: enqueue u key=k @%s; z: claim - @20-21"
    )
    assert drained(text % ("ok", "6-7")) == NOT_FREED
    assert drained(text % ("ok", "5-7")) == []
    assert drained(text % ("unknown", "6-7")) == []
    assert drained(text % ("ok", "6-7 unknown")) == []
    assert drained(text % ("ok", "6-7"), key_hold=KeyHold.FOR_EVER) == []
    assert reported(text % ("ok", "6-7")) == []


def test_a_key_may_be_held_for_a_time() -> None:
    """It is in use until the time after its enqueue is over, and free a resolution later."""
    held = partial(for_a_time, key_seconds=10.0, resolution=2.0)
    text = "p: enqueue t key=k @0-1; %s; p: enqueue u key=k @%s; z: claim %s @30-31"
    worked_off = "a: claim t @2-3; a: complete t @4-5"
    assert held(text % (worked_off, "8-9", "u")) == LET
    assert held(text % (worked_off, "8-10", "u")) == []
    assert held(text % (worked_off, "8-9", "-")) == []
    assert held(text % (worked_off, "12-13", "-")) == []
    assert held(text % (worked_off, "14-15", "-")) == NOT_FREED
    assert held(text % (worked_off, "14-15 refused", "-")) == NOT_FREED
    assert held(text % ("a: claim t @2-3; a: complete t @20-21", "14-15", "-")) == NOT_FREED
    assert held(text % ("p: cancel t @2-3", "8-9", "-")) == []
    assert held(text % (worked_off + "; q: purge @6-7", "8-9", "u")) == []


def test_an_expired_task_may_hold_its_key_for_a_time() -> None:
    """The key is in use although no worker ever had its task; other keys end with their tasks."""
    text = (
        "p: enqueue t key=k expires=%s @0-1; p: enqueue u key=k @%s; a: claim u @8-9;"
        "a: claim - @20-21"
    )
    held = partial(for_a_time, key_seconds=10.0)
    assert held(text % ("3", "5-6")) == LET
    assert held((text % ("3", "5-6")).replace("@0-1", "@0-1 unknown")) == []
    assert held(text % ("9", "5-6")) == []
    assert held((text % ("3", "5-6")).replace("@8-9", "@8-9; p: purge @6.5-7")) == LET
    assert (
        held((text % ("3", "5-6")).replace("; p: enqueue u", "; q: purge @3-4; p: enqueue u")) == []
    )
    assert held(text % ("3", "5-6"), key_conflict=KeyConflict.REPLACE) == []
    assert drained(text % ("3", "5-6")) == []


def test_a_free_key_is_not_refused() -> None:
    """A queue may refuse an enqueue only while a task may hold its key."""
    text = (
        "p: enqueue t key=k @0-1; a: claim t @2-3; a: complete t @4-5; %s;"
        "p: enqueue u key=k @8-9 refused"
    )
    assert reported(text % "q: stats @6-7") == NOT_FREED
    assert reported(text % "q: enqueue v key=k @6-7") == []
    assert reported(text % "q: enqueue v key=l @6-7") == NOT_FREED
    assert reported((text % "q: stats @6-7").replace("refused", "busy")) == []
    assert for_ever(text % "q: stats @6-7") == []
    assert reported("p: enqueue u key=k refused") == []


def test_some_task_of_a_key_comes() -> None:
    """Any of several overlapping enqueues may win, but one must."""
    text = "p: enqueue t key=k; p: enqueue u key=k; %s; z: claim - @20-21"
    assert drained(text % "q: stats") == ["keyed-lost"] * 2
    assert drained(text % "z: claim t") == []
    assert drained(text % "z: claim u") == ["keyed-lost"]
    assert for_ever(text % "q: stats", drained=True) == ["keyed-lost"] * 2
    assert drained((text % "q: stats").replace("u key=k", "u key=l")) == []  # `no_loss` reports it


def test_a_task_that_need_not_come_may_hold_its_key() -> None:
    """It is not due, or for other workers."""
    text = "p: enqueue t key=k %s; p: stats; p: enqueue u key=k; z: claim - @20-21"
    assert drained(text % "") == ["keyed-lost"] * 2
    assert drained(text % "delay=50") == []
    assert drained(text % 'capabilities={"region":"EU"}') == []


def test_a_cancelled_task_frees_its_key() -> None:
    """It is removed, unless keys are held for ever, and so cannot keep other tasks out."""
    text = "p: enqueue t key=k; p: cancel t %s; p: enqueue u key=k; z: claim - @20-21"
    assert drained(text % "") == ["key-not-freed"]
    assert drained(text % "", key_hold=KeyHold.FOR_EVER) == []
    assert drained(text % "unknown") == []
    assert drained((text % "").replace("u key=k", "t key=k") + "; p: enqueue u key=k refused") == []
    held = "p: enqueue t key=k; a: claim t; p: cancel t; p: enqueue u key=k; z: claim - @20-21"
    assert drained(held) == []


def test_a_claim_of_unknown_outcome_may_have_taken_the_task_of_a_key() -> None:
    """With at-most-once delivery the task is gone for good, and the key kept out the others."""
    text = "p: enqueue t key=k; p: enqueue u key=k; a: claim %s; z: claim - @20-21"
    once = partial(drained, guarantee=Guarantee.AT_MOST_ONCE)
    assert once(text % "unknown") == []
    assert once(text % "busy") == ["keyed-lost"] * 2
    assert drained(text % "unknown") == ["keyed-lost"] * 2


def test_a_key_in_use_is_a_reason_to_refuse_a_whole_batch() -> None:
    """Here k is free, and l is in use; a batch without another key has no such reason."""
    freed = "p: enqueue t key=k @0-1; a: claim t @1-2; a: complete t @2-3; p: enqueue v key=l @4-5"
    batch = "p: enqueue u key=k batch=2 @6-7 refused; p: enqueue w%s batch=2 @6-7 refused"
    assert reported(f"{freed}; {batch % ' key=l'}") == []
    assert reported(f"{freed}; {batch % ''}") == ["key-not-freed"]
