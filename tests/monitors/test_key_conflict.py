"""The monitor `key_conflict`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.model.capabilities import KeyConflict, KeyHold
from pytest_queuekit.monitors import idempotency, key_conflict
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="key-not-refused",
        legal="p: enqueue t key=k; p: enqueue u key=k refused; a: claim t",
        illegal="p: enqueue t key=k; p: enqueue u key=k; a: claim t",
        declared={"key_conflict": KeyConflict.REFUSE},
    ),
    Twins(
        kind="not-replaced",
        legal="p: enqueue t key=k; p: enqueue u key=k; a: claim u",
        illegal="p: enqueue t key=k; p: enqueue u key=k; a: claim t",
        declared={"key_conflict": KeyConflict.REPLACE},
    ),
)

reported = partial(kinds, key_conflict)
replaces = partial(kinds, key_conflict, key_conflict=KeyConflict.REPLACE)
drained = partial(kinds, idempotency, drained=True)


def test_an_undeclared_conflict_is_not_judged() -> None:
    """A second enqueue may keep the first task, or replace it."""
    for last in ("t", "u"):
        text = f"p: enqueue t key=k; p: enqueue u key=k; a: claim {last}; z: claim -"
        assert reported(text) == []
        assert drained(text) == []


def test_a_first_task_that_stays_is_not_replaced() -> None:
    """Where the first task stays, a second one in its place means that the first is lost."""
    text = "p: enqueue t key=k; p: enqueue u key=k; a: claim %s; z: claim -"
    assert drained(text % "t", key_conflict=KeyConflict.KEEP) == []
    assert drained(text % "u", key_conflict=KeyConflict.KEEP) == ["keyed-lost"]


def test_a_task_that_is_claimed_meanwhile_may_come_unchanged() -> None:
    """Only a task that waits through the whole enqueue is certainly replaced."""
    text = "p: enqueue t key=k @0-1; p: enqueue u key=k @2-4; a: claim t @%s"
    assert replaces(text % "3-5") == []
    assert replaces(text % "5-6") == ["not-replaced"]
    assert replaces(text.replace("p: enqueue u", "p: cancel t @1-2; p: enqueue u") % "5-6") == []


def test_a_retried_task_may_be_replaced() -> None:
    """The second payload comes in place of the first, which had been delivered once."""
    text = "p: enqueue t key=k; a: claim t; %s; p: enqueue u key=k; b: claim u"
    kept = partial(kinds, idempotency, key_conflict=KeyConflict.KEEP)
    assert kinds(idempotency, text % "a: fail t") == []
    assert kept(text % "a: fail t") == ["key-let-through"]
    assert kinds(idempotency, text % "a: fail t refused") == ["key-let-through"]


def test_a_claim_frees_a_key_that_is_held_until_then() -> None:
    """A second task is then accepted and delivered."""
    until_claim = partial(drained, key_hold=KeyHold.UNTIL_CLAIM)
    text = "p: enqueue t key=k; a: claim t; p: enqueue u key=k; a: complete t; %s"
    assert until_claim(text % "b: claim u; z: claim -") == []
    assert until_claim(text % "z: claim -") == ["key-not-freed"]
    assert drained(text % "z: claim -") == []


def test_a_batch_may_leave_out_a_task_with_a_key_in_use() -> None:
    """A task that its batch left out waits for nothing, so its key may be free again."""
    refuses = partial(kinds, key_conflict, key_conflict=KeyConflict.REFUSE)
    batch = "p: enqueue t %s @0-1 batch=2; p: enqueue u key=k @0-1 batch=2; "
    later = "a: claim t @2-3; a: complete t @4-5; p: purge @6-7; p: enqueue v key=k @8-9"
    assert refuses(batch % "key=k" + later) == []
    assert refuses(batch % "key=l" + later) == ["key-not-refused"]


def test_a_batch_may_be_accepted_without_the_task_whose_key_is_in_use() -> None:
    """A queue that refuses a single enqueue may leave a task out of a batch."""
    text = "p: enqueue t key=k; p: enqueue u key=k%s"
    assert kinds(key_conflict, text % " batch=2", key_conflict=KeyConflict.REFUSE) == []
    assert kinds(key_conflict, text % "", key_conflict=KeyConflict.REFUSE) == ["key-not-refused"]


def test_a_batch_may_leave_out_a_task_whose_key_a_requeued_task_holds() -> None:
    """Here r has the key again when the batch comes, and not any more when v comes."""
    requeued = "p: enqueue r key=k; a: claim r; a: fail r; p: requeue r"
    text = f"{requeued}; p: enqueue t key=k batch=1; a: claim r; a: complete r; p: enqueue v key=k"
    assert reported(text, key_conflict=KeyConflict.REFUSE) == []
    plain = text.replace(" batch=1", "")
    assert reported(plain, key_conflict=KeyConflict.REFUSE) == ["key-not-refused"]
