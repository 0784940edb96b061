"""The monitor `idempotency`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

import pytest

from pytest_queuekit.model.capabilities import Guarantee, KeyHold, Retry
from pytest_queuekit.monitors import idempotency
from tests.monitors.notation import kinds

found = partial(kinds, idempotency)
drained = partial(kinds, idempotency, drained=True)
for_ever = partial(kinds, idempotency, key_hold=KeyHold.FOR_EVER)

PAIR = "p: enqueue t key=k @0-1; a: claim t @2-3; %s; p: enqueue u key=k @%s; b: claim u @90-91"
LET = ["key-let-through"]
NOT_FREED = ["key-not-freed"]


def test_a_key_keeps_a_second_task_out() -> None:
    """Both were delivered, though nothing had freed the key."""
    told = "p: enqueue t key=k; p: enqueue u key=%s; a: claim t; a: claim u"
    assert found(told % "k") == LET
    assert found(told % "l") == []
    assert found(told.replace("key=k", "") % "k") == []
    assert found((told % "k").replace("; a: claim u", "")) == []


def test_a_completion_frees_a_key() -> None:
    """From its begin on, where keys are held until then."""
    done = "a: complete t @4-5 %s"
    assert found(PAIR % (done % "ok", "4-6")) == []
    assert found(PAIR % (done % "ok", "3-3.9")) == LET
    assert found(PAIR % (done % "unknown", "4-6")) == []
    assert found(PAIR % (done % "refused", "4-6")) == LET
    assert for_ever(PAIR % (done % "ok", "4-6")) == LET


def test_an_enqueue_of_unknown_outcome_took_effect_before_its_task_came() -> None:
    """Later than the claim it cannot have been."""
    told = "p: enqueue t key=k @0-1; a: claim t @2-3; p: enqueue u key=k @4-5 unknown; b: claim u "
    assert found(told + "@6-7; a: complete t @8-9") == LET
    assert found(told + "@6-8; a: complete t @8-9") == []


def test_overlapping_enqueues_have_no_order() -> None:
    """Either task may have been the first, and done before the other came in."""
    both = "p: enqueue t key=k @0-9; q: enqueue u key=k @1-9; "
    told = both + "a: claim u @2-3; a: %s u @4-5; b: claim t @7-8"
    assert found(told % "complete") == []
    assert found(told % "fail") == LET


@pytest.mark.parametrize("freed", ["p: cancel t @4-5", "p: purge @4-5"])
def test_what_is_deleted_may_be_forgotten(freed: str) -> None:
    """Even where a key is held for ever."""
    assert for_ever(PAIR % (freed, "6-7")) == []
    assert for_ever(PAIR % (freed, "3-3.9")) == LET
    assert for_ever(PAIR % (freed + " refused", "6-7")) == LET


def test_the_dead_may_free_their_key() -> None:
    """Whether they do is nowhere said."""
    told = PAIR % ("a: fail t @4-5", "6-7")
    assert found(told) == LET
    assert found(told, retry=Retry(max_attempts=1)) == []
    assert found(told, retry=Retry(max_attempts=2)) == LET


def test_at_most_once_a_task_is_complete_when_it_is_delivered() -> None:
    """There is no other completion."""
    told = PAIR % ("q: stats @0-1", "2.5-4")
    assert found(told, guarantee=Guarantee.AT_MOST_ONCE) == []
    assert found(told) == LET


def test_after_completion_a_key_is_free() -> None:
    """The next task with it must come, in a run that claims to the end."""
    told = (
        "p: enqueue t key=k @0-1; a: claim t @2-3; a: complete t @4-5 %s;"
        "p: enqueue u key=k @%s; z: claim - @20-21"
    )
    assert drained(told % ("ok", "6-7")) == NOT_FREED
    assert drained(told % ("ok", "5-7")) == []
    assert drained(told % ("unknown", "6-7")) == []
    assert drained(told % ("ok", "6-7 unknown")) == []
    assert drained(told % ("ok", "6-7"), key_hold=KeyHold.FOR_EVER) == []
    assert found(told % ("ok", "6-7")) == []


def test_a_free_key_is_not_refused() -> None:
    """Refused may an enqueue be while somebody may have its key."""
    told = (
        "p: enqueue t key=k @0-1; a: claim t @2-3; a: complete t @4-5; %s;"
        "p: enqueue u key=k @8-9 refused"
    )
    assert found(told % "q: stats @6-7") == NOT_FREED
    assert found(told % "q: enqueue v key=k @6-7") == []
    assert found(told % "q: enqueue v key=l @6-7") == NOT_FREED
    assert found((told % "q: stats @6-7").replace("refused", "busy")) == []
    assert for_ever(told % "q: stats @6-7") == []
    assert found("p: enqueue u key=k refused") == []


def test_of_the_tasks_of_a_key_one_comes() -> None:
    """Which one is open while they overlap, but not none."""
    told = "p: enqueue t key=k; p: enqueue u key=k; %s; z: claim - @20-21"
    assert drained(told % "q: stats") == ["keyed-lost"] * 2
    assert drained(told % "z: claim t") == []
    assert drained(told % "z: claim u") == ["keyed-lost"]
    assert for_ever(told % "q: stats", drained=True) == ["keyed-lost"] * 2
    assert drained((told % "q: stats").replace("u key=k", "u key=l")) == []  # that is no_loss's


def test_a_task_that_need_not_come_may_hold_its_key() -> None:
    """It is not yet due, or for other workers, or was cancelled."""
    told = "p: enqueue t key=k %s; p: %s; p: enqueue u key=k; z: claim - @20-21"
    assert drained(told % ("", "stats")) == ["keyed-lost"] * 2
    assert drained(told % ("delay=50", "stats")) == []
    assert drained(told % ('capabilities={"region":"EU"}', "stats")) == []
    assert drained(told % ("", "cancel t")) == []


def test_an_unseen_claim_may_have_taken_the_task_of_a_key() -> None:
    """For good, where it comes at most once; all others of the key then stay out."""
    told = "p: enqueue t key=k; p: enqueue u key=k; a: claim %s; z: claim - @20-21"
    once = partial(drained, guarantee=Guarantee.AT_MOST_ONCE)
    assert once(told % "unknown") == []
    assert once(told % "busy") == ["keyed-lost"] * 2
    assert drained(told % "unknown") == ["keyed-lost"] * 2
