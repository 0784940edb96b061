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
from tests.monitors.notation import contract, kinds

drained = partial(kinds, no_loss, drained=True)


def test_what_was_accepted_comes_before_the_queue_is_empty() -> None:
    """Only a run that claimed to the end, and was told so, can lose a task."""
    assert drained("p: enqueue t; z: claim -") == ["lost"]
    assert kinds(no_loss, "p: enqueue t; z: claim -", drained=False) == []
    assert drained("p: enqueue t; z: claim t; z: claim -") == []
    assert drained("p: enqueue t @0-3; z: claim - @2-4") == []


def test_only_what_was_accepted_can_be_lost() -> None:
    """An unknown enqueue may never have happened, a refused or busy one did not."""
    for outcome in ("unknown", "refused", "busy"):
        assert drained(f"p: enqueue t {outcome}; z: claim -") == []


def test_what_was_cancelled_is_not_lost() -> None:
    """Unless the queue refused to cancel it."""
    assert drained("p: enqueue t; p: cancel t; z: claim -") == []
    assert drained("p: enqueue t; p: cancel t unknown; z: claim -") == []
    assert drained("p: enqueue t; p: cancel t refused; z: claim -") == ["lost"]


def test_a_delayed_task_is_lost_only_after_its_time() -> None:
    """The empty answer must come after the delay, and after it was noticed."""
    told = "p: enqueue t @0-1 delay=10; z: claim - "
    assert drained(told + "@13-14", resolution=2.0) == []
    assert drained(told + "@13.1-14", resolution=2.0) == ["lost"]


def test_a_task_for_others_is_not_lost() -> None:
    """Somebody who may get it must have looked."""
    told = 'p: enqueue t capabilities={"region":"EU"}; z: claim - capabilities={"region":"%s"}'
    assert drained(told % "EU") == ["lost"]
    assert drained(told % "US") == []


def test_what_was_given_back_comes_again() -> None:
    """A release that certainly counted puts the task back."""
    told = "p: enqueue t @0-1; a: claim t @2-3; a: release t @4-5 %s; z: claim - @30-31"
    assert drained(told % "ok") == ["released-lost"]
    assert drained(told % "unknown") == []
    assert drained(told.replace("4-5", "4-15") % "ok") == []  # late: it may count or not


def test_what_its_worker_did_not_finish_comes_again() -> None:
    """After the lease and its extensions are over, and noticed."""
    told = "p: enqueue t @0-1; a: claim t @2-3; %s; z: claim - @%s-100"
    assert drained(told % ("a: kill @4-4", 14)) == ["unfinished-lost"]
    assert drained(told % ("a: kill @4-4", 13)) == []
    assert drained(told % ("a: complete t @4-", 50)) == []
    assert drained(told % ("a: complete t @4-5 busy", 50)) == ["unfinished-lost"]
    assert drained(told % ("a: extend t @4-5 seconds=20", 33)) == []
    assert drained(told % ("a: extend t @4-5 seconds=20", 34)) == ["unfinished-lost"]
    assert drained(told % ("a: extend t @4- seconds=20", 50)) == []


def test_at_most_once_a_delivered_task_is_done_with() -> None:
    """The same silence loses nothing where nothing is promised."""
    told = "p: enqueue t @0-1; a: claim t @2-3; z: claim - @50-51"
    assert drained(told) == ["unfinished-lost"]
    assert drained(told, guarantee=Guarantee.AT_MOST_ONCE) == []
    assert drained(told, liveness=Liveness.NONE) == []


def test_where_reclaiming_is_a_call_it_must_have_been_made() -> None:
    """A reclaim before the lease was over does not count."""
    able = contract().capabilities | {Capability.RECLAIM}
    told = "p: enqueue t @0-1; a: claim t @2-3; z: reclaim @%s-16; z: claim - @50-51"
    assert drained(told % 14, capabilities=able) == ["unfinished-lost"]
    assert drained(told % 12, capabilities=able) == []


def test_a_task_that_may_have_died_is_not_lost() -> None:
    """An expired lease may count as an attempt, and so may what nobody saw delivered."""
    once, twice = Retry(max_attempts=1), Retry(max_attempts=2)
    told = "p: enqueue t @0-1; a: claim t @2-3; z: claim - @50-51"
    assert drained(told, retry=once) == []
    assert drained(told, retry=twice) == ["unfinished-lost"]
    assert drained(told.replace("@0-1", "@0-1 max_attempts=1"), retry=twice) == []
    listed = told + "; z: dead_letters t @60-61"
    assert drained(listed, retry=twice) == []
    unseen = "p: enqueue t @0-1; a: claim @2-; z: claim - @50-51"
    assert drained(unseen, retry=once) == []
    assert drained(unseen, retry=twice) == ["lost"]


def test_claims_of_unknown_outcome_may_have_taken_tasks_for_good() -> None:
    """One each, at most once or where nobody watches; more than that are lost."""
    told = "p: enqueue t; p: enqueue u; a: claim %s; z: claim - @50-51"
    once = partial(drained, guarantee=Guarantee.AT_MOST_ONCE)
    assert once(told % "unknown") == ["lost"] * 2
    assert once(told % "batch=2 unknown") == []
    assert drained(told % "unknown", liveness=Liveness.NONE) == ["lost"] * 2
    assert drained(told % "batch=2 unknown", liveness=Liveness.NONE) == []
    assert drained(told % "batch=2 unknown") == ["lost"] * 2


def test_where_processes_are_watched_a_killed_claim_gives_back() -> None:
    """What a living process may hold is not lost."""
    told = "p: enqueue t @0-1; a: claim @2-; %s @4-4; z: claim - @50-51"
    assert drained(told % "a: kill", liveness=Liveness.PROCESS) == ["lost"]
    assert drained(told % "b: kill", liveness=Liveness.PROCESS) == []


def test_what_lives_in_memory_may_die_with_a_process() -> None:
    """A queue that promises to survive nothing loses nothing by a kill."""
    told = "p: enqueue t; p: kill; z: claim -"
    assert drained(told) == ["lost"]
    assert drained(told, durability=Durability.NONE) == []
    assert drained(told, durability=Durability.NONE, sharing=Sharing.THREADS) == ["lost"]


def test_tasks_of_one_key_are_left_to_another_monitor() -> None:
    """Of two enqueues with one key either may be the task."""
    told = "p: enqueue t key=k; p: enqueue u key=%s; z: claim t; z: claim -"
    assert drained(told % "k") == []
    assert drained(told % "l") == ["lost"]
