"""The monitor `no_loss`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.model.capabilities import (
    Capability,
    Durability,
    Guarantee,
    Liveness,
    Retry,
    Sharing,
)
from pytest_queuekit.monitors import no_loss
from tests.monitors.notation import Twins, contract, kinds

TWINS = (
    Twins(
        kind="lost",
        legal="p: enqueue t; z: claim t; z: claim -",
        illegal="p: enqueue t; z: claim -",
        drained=True,
    ),
    Twins(
        kind="released-lost",
        legal="p: enqueue t; a: claim t; a: release t unknown; z: claim -",
        illegal="p: enqueue t; a: claim t; a: release t; z: claim -",
        drained=True,
    ),
    Twins(
        kind="unfinished-lost",
        legal="p: enqueue t @0-1; a: claim t @2-3; z: claim - @13-20",
        illegal="p: enqueue t @0-1; a: claim t @2-3; z: claim - @13.1-20",
        drained=True,
    ),
)

drained = partial(kinds, no_loss, drained=True)


def test_an_accepted_task_comes_before_the_queue_is_empty() -> None:
    """Only a drained history with a later empty claim proves a loss."""
    assert drained("p: enqueue t; z: claim -") == ["lost"]
    assert kinds(no_loss, "p: enqueue t; z: claim -", drained=False) == []
    assert drained("p: enqueue t; z: claim t; z: claim -") == []
    assert drained("p: enqueue t @0-3; z: claim - @2-4") == []


def test_only_an_accepted_task_can_be_lost() -> None:
    """An unknown enqueue may never have happened; a refused or busy one did not."""
    for outcome in ("unknown", "refused", "busy"):
        assert drained(f"p: enqueue t {outcome}; z: claim -") == []


def test_a_cancelled_task_is_not_lost() -> None:
    """It is lost if the queue refused to cancel it."""
    assert drained("p: enqueue t; p: cancel t; z: claim -") == []
    assert drained("p: enqueue t; p: cancel t unknown; z: claim -") == []
    assert drained("p: enqueue t; p: cancel t refused; z: claim -") == ["lost"]


def test_a_delayed_task_is_lost_only_once_it_is_due() -> None:
    """The empty claim must start after the delay and the declared resolution."""
    text = "p: enqueue t @0-1 delay=10; z: claim - "
    assert drained(text + "@13-14", resolution=2.0) == []
    assert drained(text + "@13.1-14", resolution=2.0) == ["lost"]


def test_a_task_for_others_is_not_lost() -> None:
    """A worker that may receive the task must have claimed."""
    text = 'p: enqueue t capabilities={"region":"EU"}; z: claim - capabilities={"region":"%s"}'
    assert drained(text % "EU") == ["lost"]
    assert drained(text % "US") == []


def test_a_released_task_comes_again() -> None:
    """A release that certainly counted puts the task back."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: release t @4-5 %s; z: claim - @30-31"
    assert drained(text % "ok") == ["released-lost"]
    assert drained(text % "unknown") == []
    assert drained(text.replace("4-5", "4-15") % "ok") == []  # too late to count for certain


def test_an_unfinished_task_comes_again() -> None:
    """It is due after its lease and extensions are over."""
    text = "p: enqueue t @0-1; a: claim t @2-3; %s; z: claim - @%s-100"
    assert drained(text % ("a: kill @4-4", 14)) == ["unfinished-lost"]
    assert drained(text % ("a: kill @4-4", 13)) == []
    assert drained(text % ("a: complete t @4-", 50)) == []
    assert drained(text % ("a: complete t @4-5 busy", 50)) == ["unfinished-lost"]
    assert drained(text % ("a: extend t @4-5 seconds=20", 33)) == []
    assert drained(text % ("a: extend t @4-5 seconds=20", 34)) == ["unfinished-lost"]
    assert drained(text % ("a: extend t @4- seconds=20", 50)) == []


def test_at_most_once_a_delivered_task_is_done() -> None:
    """Without a promise of redelivery the same silence loses no task."""
    text = "p: enqueue t @0-1; a: claim t @2-3; z: claim - @50-51"
    assert drained(text) == ["unfinished-lost"]
    assert drained(text, guarantee=Guarantee.AT_MOST_ONCE) == []
    assert drained(text, liveness=Liveness.NONE) == []


def test_an_explicit_reclaim_must_come_first() -> None:
    """A reclaim before the expiry does not count."""
    able = contract().capabilities | {Capability.RECLAIM}
    text = "p: enqueue t @0-1; a: claim t @2-3; z: reclaim @%s-16; z: claim - @50-51"
    assert drained(text % 14, capabilities=able) == ["unfinished-lost"]
    assert drained(text % 12, capabilities=able) == []


def test_a_task_that_may_have_died_is_not_lost() -> None:
    """An expired lease and a claim of unknown outcome may each count as an attempt."""
    once, twice = Retry(max_attempts=1), Retry(max_attempts=2)
    text = "p: enqueue t @0-1; a: claim t @2-3; z: claim - @50-51"
    assert drained(text, retry=once) == []
    assert drained(text, retry=twice) == ["unfinished-lost"]
    assert drained(text.replace("@0-1", "@0-1 max_attempts=1"), retry=twice) == []
    listed = text + "; z: dead_letters t @60-61"
    assert drained(listed, retry=twice) == []
    unseen = "p: enqueue t @0-1; a: claim @2-; z: claim - @50-51"
    assert drained(unseen, retry=once) == []
    assert drained(unseen, retry=twice) == ["lost"]


def test_claims_of_unknown_outcome_may_have_taken_tasks_for_good() -> None:
    """Each takes one if no lease brings it back; further missing tasks are lost."""
    text = "p: enqueue t; p: enqueue u; a: claim %s; z: claim - @50-51"
    once = partial(drained, guarantee=Guarantee.AT_MOST_ONCE)
    assert once(text % "unknown") == ["lost"] * 2
    assert once(text % "batch=2 unknown") == []
    assert drained(text % "unknown", liveness=Liveness.NONE) == ["lost"] * 2
    assert drained(text % "batch=2 unknown", liveness=Liveness.NONE) == []
    assert drained(text % "batch=2 unknown") == ["lost"] * 2


def test_a_queue_that_watches_processes_recovers_the_task_of_a_killed_claim() -> None:
    """A living process may still hold its task."""
    text = "p: enqueue t @0-1; a: claim @2-; %s @4-4; z: claim - @50-51"
    assert drained(text % "a: kill", liveness=Liveness.PROCESS) == ["lost"]
    assert drained(text % "b: kill", liveness=Liveness.PROCESS) == []


def test_a_task_in_memory_may_die_with_its_process() -> None:
    """A queue that promises no durability loses no task by a kill."""
    text = "p: enqueue t; p: kill; z: claim -"
    assert drained(text) == ["lost"]
    assert drained(text, durability=Durability.NONE) == []
    assert drained(text, durability=Durability.NONE, sharing=Sharing.THREADS) == ["lost"]


def test_tasks_of_one_key_are_left_to_another_monitor() -> None:
    """Either of two enqueues with a key may be the task."""
    text = "p: enqueue t key=k; p: enqueue u key=%s; z: claim t; z: claim -"
    assert drained(text % "k") == []
    assert drained(text % "l") == ["lost"]


def test_a_batch_of_unknown_outcome_is_added_as_a_whole() -> None:
    """A delivery of one task of the batch proves that the others were added too."""
    text = (
        "p: enqueue t @0-1 batch=2%s unknown; p: enqueue u @0-1 batch=2 unknown; %sz: claim - @9-10"
    )
    assert drained(text % ("", "z: claim t @4-5; ")) == ["lost"]
    assert drained(text % ("", "z: claim t @4-9; ")) == []
    assert drained(text % ("", "")) == []
    assert drained(text % ("", "z: claim t @4-5; z: claim u @6-7; ")) == []
    assert drained(text % (' key="k"', "z: claim t @4-5; ")) == []


def test_single_enqueues_of_unknown_outcome_prove_nothing_about_each_other() -> None:
    """Each may have been added or not."""
    text = "p: enqueue t @0-1 unknown; p: enqueue u @2-3 unknown; z: claim t @4-5; z: claim - @9-10"
    assert drained(text) == []
