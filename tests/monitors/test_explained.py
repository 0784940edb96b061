"""The monitor `explained`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

import pytest

from pytest_queuekit.model.capabilities import KeyConflict, KeyHold, Order, Retry
from pytest_queuekit.monitors import explained
from tests.monitors.notation import Twins, contract, history

_READY = "p: enqueue t; a: claim t; a: complete t; p: enqueue u"

TWINS = (
    Twins(
        kind="claim-refused",
        legal="p: enqueue t; a: claim t; b: claim - refused",
        illegal="p: enqueue t; p: enqueue u; a: claim t; b: claim - refused",
    ),
    Twins(
        kind="cancel-refused",
        legal="p: enqueue t; a: claim t; p: cancel t refused",
        illegal="p: enqueue t; p: cancel t refused; a: claim t",
    ),
)


def _kinds(text: str, **declared: object) -> list[str]:
    observed = history(text, lease=10)
    return [violation.kind for violation in explained(observed, contract(**declared))]


@pytest.mark.parametrize(
    ("legal", "illegal", "kind"),
    [
        ("a: claim u", "a: claim -", "said-empty"),
        ("a: claim u; a: fail u", "a: claim t", "completed-again"),
        ("a: stats queued=1 completed=1", "a: stats queued=2 completed=0", "wrong-count"),
        ("p: enqueue v; a: claim u", "p: enqueue v; a: claim v", "out-of-turn"),
        ("a: claim u; a: complete u", "a: claim u; a: complete u refused", "holder-refused"),
    ],
)
def test_the_first_answer_without_an_explanation_is_reported(
    legal: str, illegal: str, kind: str
) -> None:
    """The kind is that of the promise which the answer breaks."""
    assert _kinds(f"{_READY}; {legal}") == []
    assert _kinds(f"{_READY}; {illegal}") == [kind]


FAIL = "p: enqueue t key=1; a: claim t; a: fail t; p: enqueue u key=1"


def test_features_that_meet_are_judged_together() -> None:
    """A task that waits for its retry holds its key, and is counted once."""
    declared = {"retry": Retry(max_attempts=3, first=5)}
    assert _kinds(f"{FAIL}; a: stats queued=1", **declared) == []
    assert _kinds(f"{FAIL}; a: stats queued=2", **declared) == ["wrong-count"]


def test_a_dead_task_waits_after_a_requeue() -> None:
    """It is claimable at once, counts as waiting, and has its attempts again."""
    declared = {"retry": Retry(max_attempts=1)}
    back = "p: enqueue t; a: claim t; a: fail t; p: requeue t"
    assert _kinds(f"{back}; a: stats queued=1 dead=0; a: claim t", **declared) == []
    assert _kinds(f"{back}; a: stats queued=0 dead=1", **declared) == ["wrong-count"]
    assert _kinds(f"{back} refused; a: claim t", **declared) == ["requeue-refused"]
    assert _kinds(f"{back}; a: claim -", resolution=0.1, **declared) == ["said-empty"]
    assert _kinds(f"{back}; p: enqueue u; a: claim u; a: claim t", **declared) == []
    assert _kinds(f"{back}; a: claim t; a: fail t; a: claim t", **declared) == ["delivered-dead"]


def test_a_final_failure_leaves_no_attempt() -> None:
    """The task is dead at once, and may be requeued."""
    declared = {"retry": Retry(max_attempts=3)}
    dead = "p: enqueue t; a: claim t; a: fail t retry=false"
    assert _kinds(f"{dead}; a: claim -; a: dead_letters t; p: requeue t", **declared) == []
    assert _kinds(f"{dead}; a: claim t", **declared) == ["delivered-dead"]
    assert _kinds(f"{dead}; a: stats queued=1 dead=0", **declared) == ["wrong-count"]


def test_ready_tasks_are_counted_apart() -> None:
    """A task in a full group may count as either."""
    declared = {"retry": Retry(max_attempts=3, first=99)}
    for before, ready in (
        ("", 1),
        ("a: claim t; a: release t; ", 1),
        ("a: claim t; a: fail t; ", 0),
    ):
        text = f"p: enqueue t; {before}a: stats queued=1 ready=%d waiting=%d"
        assert _kinds(text % (ready, 1 - ready), **declared) == []
        assert _kinds(text % (1 - ready, ready), **declared) == ["wrong-count"]
    full = "p: enqueue t group=1; p: enqueue u group=1; a: claim t; a: stats ready=%d waiting=%d"
    assert [_kinds(full % counts) for counts in ((1, 0), (0, 1))] == [[], []]


def test_a_requeued_task_has_the_declared_attempts() -> None:
    """One more, here, than the task had at first; the failures before do not count."""
    declared = {"retry": Retry(max_attempts=1), "requeue_attempts": 2}
    back = "p: enqueue t; a: claim t; a: fail t; p: requeue t; a: claim t; a: fail t"
    assert _kinds(f"{back}; a: claim t; a: fail t; a: claim -", **declared) == []
    assert _kinds(f"{back}; a: dead_letters t", **declared) == ["dead-too-early"]


def test_a_requeue_of_a_live_task_has_no_effect() -> None:
    """The task may be in use, completed, or not due yet."""
    declared = {"retry": Retry(max_attempts=2)}
    for before, again in (
        ("a: claim t", "double-delivery"),
        ("a: claim t; a: complete t", "completed-again"),
    ):
        text = f"p: enqueue t; {before}; p: requeue t"
        assert _kinds(f"{text}; a: claim -", **declared) == []
        assert _kinds(f"{text}; a: claim t", **declared) == [again]


def test_a_key_in_use_is_a_reason_to_refuse_a_requeue() -> None:
    """Or to leave the task dead in silence."""
    declared = {"retry": Retry(max_attempts=1)}
    text = "p: enqueue t key=1; a: claim t; a: fail t; p: enqueue u key=1; p: requeue t"
    assert _kinds(f"{text} refused; a: claim u; a: claim -", **declared) == []
    assert _kinds(f"{text}; a: claim u; a: claim -", **declared) == []


def test_a_batch_of_enqueues_is_one_call() -> None:
    """Its tasks have one start; one key that is in use may refuse all of them."""
    batch = "p: enqueue t @0-1 batch=2 key=1; p: enqueue u @0-1 batch=2"
    assert _kinds(f"{batch}; a: stats @2-3 queued=2") == []
    assert _kinds(f"{batch}; a: stats @2-3 queued=1") == ["wrong-count"]
    first, second = batch.replace("@0-1", "@4-5").replace("t @", "v @").split(";")
    again = f"{batch}; {first} refused; {second.replace(' u', ' w')} refused; a: stats @6-7"
    assert _kinds(f"{again} queued=2") == []
    assert _kinds(f"{again.replace('key=1', '')} queued=2") == ["turned-away"]


def test_a_habit_is_kept() -> None:
    """A dead task may hold its key or not, but the same way each time."""
    declared = {"retry": Retry(max_attempts=1)}
    free = "p: enqueue t key=1; a: claim t; a: fail t; p: enqueue u key=1; a: claim u; a: fail u"
    assert _kinds(f"{free}; p: enqueue v key=1; a: claim v", **declared) == []
    assert _kinds(f"{free}; p: enqueue v key=1 refused", **declared) == ["key-not-freed"]


def test_the_witness_has_every_call_on_the_tasks_concerned() -> None:
    """A reader sees the whole life of the task, up to the wrong answer."""
    text = "p: enqueue t; p: enqueue u; a: claim t; a: release t; b: claim -"
    (violation,) = explained(history(text, lease=10), contract())
    assert [operation.number for operation in violation.witness] == [0, 2, 3, 4]


@pytest.mark.parametrize(
    "text",
    [
        "p: enqueue t @0-5; a: claim - @1-2",
        "p: enqueue t; a: claim - unknown; a: claim -",
        "p: enqueue t; p: enqueue t; a: claim -",
    ],
)
def test_nothing_is_said_about_uncertain_calls(text: str) -> None:
    """Calls that overlap, an unknown outcome or a repeated enqueue end the judgement."""
    assert _kinds(text) == []


def test_a_call_that_others_come_between_is_not_judged() -> None:
    """The cancel may come first, although the claim began before it."""
    text = "p: enqueue t @0-1; a: claim - @2-%s; p: cancel t @3-4"
    assert _kinds(text % "5") == []
    assert _kinds(text % "2.5") == ["said-empty"]


def test_a_key_may_outlast_its_task_or_not() -> None:
    """Where the contract says so, a key is held for ever."""
    text = "p: enqueue t key=1; a: claim t; a: complete t; p: enqueue u key=1; a: claim %s"
    assert _kinds(text % "u") == []
    assert _kinds(text % "u", key_hold=KeyHold.FOR_EVER) == ["key-let-through"]
    assert _kinds(text % "-", key_hold=KeyHold.FOR_EVER) == []


def test_a_key_may_be_held_for_a_time() -> None:
    """Until then it keeps tasks out whatever becomes of its task, and no longer."""
    kinds = partial(_kinds, key_hold=KeyHold.FOR_A_TIME, key_seconds=10.0, resolution=2.0)
    text = "p: enqueue t key=1 @0-1; a: claim t; a: complete t; p: enqueue u key=1 @%s; a: claim %s"
    assert kinds(text % ("8-9", "u @20-21")) == ["key-let-through"]
    assert kinds(text % ("8-9", "- @20-21")) == []
    assert kinds(text % ("12-13", "u @20-21")) == []
    assert kinds(text % ("12-13", "- @20-21")) == []
    assert kinds(text % ("14-15", "u @20-21")) == []
    assert kinds(text % ("14-15", "- @20-21")) == ["said-empty"]


def test_a_priority_is_kept_through_a_release() -> None:
    """A returned task goes before a task of a worse priority."""
    order = Order(priority="lower-first")
    text = "p: enqueue t priority=1; a: claim t; a: release t; p: enqueue u priority=5; a: claim %s"
    assert _kinds(text % "t", order=order) == []
    assert _kinds(text % "u", order=order) == ["out-of-turn"]


_HELD = "p: enqueue t @0-0.5; a: claim t @1-1.5"
_DIES = "a: kill @3-3.1"


@pytest.mark.parametrize(
    ("cut_off", "futures", "illegal", "kind"),
    [
        (
            "a: enqueue u key=1 @2-",
            ("b: stats queued=0 leased=1 @4-5", "b: stats queued=1 leased=1 @4-5"),
            "b: stats queued=2 leased=1 @4-5",
            "wrong-count",
        ),
        (
            "a: enqueue u batch=2 @2-; a: enqueue v batch=2 @2-",
            ("b: stats queued=0 leased=1 @4-5", "b: stats queued=2 leased=1 @4-5"),
            "b: stats queued=1 leased=1 @4-5",
            "wrong-count",
        ),
        (
            "a: complete t @2-",
            ("b: claim t @14-15", "b: stats completed=1 @14-15; b: claim - @16-17"),
            "b: stats completed=1 @14-15; b: claim t @16-17",
            "completed-again",
        ),
        (
            "a: release t @2-",
            ("b: claim t @4-5", "b: stats queued=1 leased=0 @4-5; b: claim t @6-7"),
            "b: stats queued=1 leased=0 @4-5; b: claim - @14-15",
            "said-empty",
        ),
        (
            "a: claim - @2-",
            ("b: claim - @4-5", "b: claim t @14-15"),
            "b: claim - @14-15",
            "not-reclaimed",
        ),
    ],
)
def test_a_call_that_a_kill_cuts_off_took_effect_or_not(
    cut_off: str, futures: tuple[str, str], illegal: str, kind: str
) -> None:
    """Both futures are right, and no other."""
    for legal in futures:
        assert _kinds(f"{_HELD}; {cut_off}; {_DIES}; {legal}") == []
    assert _kinds(f"{_HELD}; {cut_off}; {_DIES}; {illegal}") == [kind]


def test_a_claim_that_a_kill_cuts_off_may_have_taken_any_task_that_was_ready() -> None:
    """The task comes back with the end of its lease."""
    ready = "p: enqueue t @0-0.5; a: claim - @2-; a: kill @3-3.1"
    text = f"{ready}; b: claim %s @4-5; b: claim %s @13.5-14"
    assert _kinds(text % ("-", "t")) == []
    assert _kinds(text % ("t", "-")) == []
    assert _kinds(text % ("-", "-")) == ["not-reclaimed"]


def test_a_purge_that_a_kill_cuts_off_may_have_deleted_some_of_the_tasks() -> None:
    """It promises nothing about all of them at once."""
    done = "p: enqueue t; a: claim t; a: complete t; p: enqueue u; a: claim u; a: complete u"
    text = f"{done}; a: purge @6-; a: kill @7-7.1; b: stats queued=0 completed=%s @8-9"
    assert [_kinds(text % count) for count in (0, 1, 2)] == [[], [], []]
    assert _kinds(text % 3) == ["wrong-count"]


def test_a_batch_of_enqueues_is_judged_as_one_call() -> None:
    """Its tasks have the same start."""
    batch = "p: enqueue t batch=2 @0-1; p: enqueue u batch=2 @0-1"
    text = f"{batch}; a: claim t @2-3; a: stats queued=%s @4-5"
    assert _kinds(text % 1) == []
    assert _kinds(text % 2) == ["wrong-count"]


def test_a_batch_may_keep_the_task_that_a_single_enqueue_replaces() -> None:
    """Where the queue declares what becomes of the first task, a batch is an enqueue like any."""
    replaced = "p: enqueue t key=1; p: enqueue u key=1; a: claim u; a: complete u"
    text = f"{replaced}; p: enqueue v key=2; p: enqueue w key=2 batch=1; a: claim v"
    assert _kinds(text) == []
    assert _kinds(text.replace(" batch=1", "")) == ["key-let-through"]
    assert _kinds(text, key_conflict=KeyConflict.REPLACE) == ["key-let-through"]
