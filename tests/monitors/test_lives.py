"""A requeued task is judged as any other, from its requeue on."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_queuekit.model.capabilities import Order, Retry
from pytest_queuekit.monitors import Monitor, expiry, no_false_empty, no_loss, ready_order, retry
from pytest_queuekit.monitors.timeline.lives import lives_of
from tests.monitors.notation import contract, history, kinds

ONCE = {"retry": Retry(max_attempts=1), "resolution": 0.0, "requeue_attempts": 3}
DIED = "p: enqueue t @0-1%s; a: claim t @2-3; a: fail t @4-5; p: requeue t @6-7"


def _kinds(monitor: Monitor, text: str, **declared: Any) -> list[str]:
    return kinds(monitor, text, **{**ONCE, **declared})


def _lives(text: str, **declared: Any) -> list[tuple[bool, int]]:
    """Return for each life whether it began with a requeue, and its deliveries."""
    observed = history(text, lease=10.0)
    lives = lives_of(observed, contract(**{**ONCE, **declared}))
    return [(life.requeued is not None, len(life.deliveries)) for life in lives]


def test_a_dead_task_begins_another_life_with_its_requeue() -> None:
    """A requeue that meets a claim of the task, or that may not count, begins none."""
    again = f"{DIED % ''}; b: claim t @8-9"
    assert _lives(again) == [(False, 1), (True, 1)]
    assert _lives(again, retry=Retry(max_attempts=2)) == [(False, 1)]
    assert _lives(again.replace("@6-7", "@6-8")) == []
    assert _lives(again.replace("@6-7", "@6-7 unknown")) == [(False, 1)]
    cancelled = again.replace("p: requeue", "p: cancel t @5-5; p: requeue")
    assert _lives(cancelled) == [(False, 1)]


def test_a_requeued_task_is_claimable_at_once() -> None:
    """Until the queue has noticed, and until somebody else may have the task."""
    text = f"{DIED % ''}; b: claim - @%s; c: claim t @9-10"
    assert _kinds(no_false_empty, text % "8-9") == []
    assert _kinds(no_false_empty, text.replace("9-10", "11-12") % "8-10") == ["said-empty"]
    assert _kinds(no_false_empty, text.replace("9-10", "11-12") % "7-10") == []


def test_a_requeued_task_is_not_lost() -> None:
    """Neither before its next delivery, nor after a release."""
    lost = partial(_kinds, no_loss, drained=True)
    assert lost(f"{DIED % ''}; b: claim - @8-9") == ["requeue-lost"]
    released = f"{DIED % ''}; b: claim t @8-9; b: release t @10-11; b: claim %s @12-13"
    assert lost(released % "-") == ["released-lost"]
    assert lost(f"{released % 't'}; b: complete t @14-15; b: claim - @16-17") == []


def test_a_list_of_dead_letters_counts_in_the_life_of_its_task() -> None:
    """The requeue takes the task from the list, so an older list says nothing about the new life.

    Nor does a list after the requeue about the death before.
    """
    missing = f"{DIED % ''}; p: dead_letters @%s"
    assert _kinds(retry, missing % "5.2-5.8") == ["missing-dead-letter"]
    assert _kinds(retry, missing % "5.2-6.5") == _kinds(retry, missing % "8-9") == []
    lost = f"{DIED % ''}; p: dead_letters t @%s; b: claim - @8-9"
    assert _kinds(no_loss, lost % "5.2-5.8", drained=True) == ["requeue-lost"]
    assert _kinds(no_loss, lost % "7.2-7.8", drained=True) == []


def test_a_requeued_task_waits_after_each_failure() -> None:
    """The queue may count its failures from one again, or go on counting."""
    text = f"{DIED % ' max_attempts=1'}; b: claim t @8-9; b: fail t @10-11; b: claim t @%s"
    declared = {"retry": Retry(max_attempts=3, first=10, factor=0.5)}
    assert _kinds(retry, text % "14-14", **declared) == ["early-retry"]
    assert _kinds(retry, text % "15-16", **declared) == []


def test_a_lease_of_a_requeued_task_expires() -> None:
    """Its worker has it until then."""
    text = f"{DIED % ''}; b: claim t @8-9; c: claim - @%s"
    assert _kinds(expiry, text % "18-19") == []
    assert _kinds(expiry, text % "20-21") == ["not-reclaimed"]


def test_a_requeued_task_keeps_its_priority() -> None:
    """Among the tasks of one priority its place is undeclared."""
    order = Order(priority="lower-first", ties="fifo")
    text = f"{DIED % ' priority=5'}; p: enqueue u @7-8 priority=%s; b: claim %s @9-10"
    reported = partial(_kinds, ready_order, order=order)
    assert reported(text % (9, "u")) == ["out-of-turn"]
    assert reported(text % (1, "t")) == ["out-of-turn"]
    assert reported(text % (5, "u")) == reported(text % (5, "t")) == []
    assert reported(text % (9, "t")) == reported(text % (1, "u")) == []
