"""The monitor `exclusive`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.model.capabilities import Guarantee, Liveness
from pytest_queuekit.monitors import exclusive, no_resurrection
from tests.monitors.notation import contract as declared
from tests.monitors.notation import history, kinds

DOUBLE = ["double-delivery"]


def test_a_task_is_not_handed_out_while_its_lease_runs() -> None:
    """A second delivery needs a lease that may have run out, counted from the claim's begin."""
    both = "p: enqueue t @0-1; a: claim t @2-4; b: claim t "
    assert kinds(exclusive, both + "@11-11.9") == DOUBLE
    assert kinds(exclusive, both + "@11-12") == []


def test_overlapping_claims_cannot_both_get_a_task() -> None:
    """Of two claims at the same time one may win, unless the other was done with the task."""
    both = "p: enqueue t @0-1; a: claim t @2-9; b: claim t @3-4"
    assert kinds(exclusive, both) == DOUBLE
    assert kinds(exclusive, both + "; b: release t @5-6") == []
    assert kinds(exclusive, both + "; b: release t @5-6 refused") == DOUBLE
    assert kinds(exclusive, both + "; b: release t @9.5-10") == DOUBLE


def test_who_gives_a_task_back_holds_nothing() -> None:
    """A failure or a release that may have counted frees the task as soon as it began."""
    for verb in ("fail", "release"):
        told = f"p: enqueue t @0-1; a: claim t @2-3; a: {verb} t @4-8 %s; b: claim t @5-6"
        assert kinds(exclusive, told % "ok") == []
        assert kinds(exclusive, told % "unknown") == []
        assert kinds(exclusive, told % "busy") == DOUBLE


def test_who_completes_a_task_frees_it_for_nobody() -> None:
    """While a completion lasts the task is held or done; when it is over, that is resurrection."""
    told = "p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-8 %s; b: claim t "
    for outcome in ("ok", "unknown", "busy"):
        assert kinds(exclusive, told % outcome + "@5-6") == DOUBLE
    assert kinds(exclusive, told % "ok" + "@7-9") == DOUBLE
    assert kinds(exclusive, told % "ok" + "@9-10") == []
    assert kinds(no_resurrection, told % "ok" + "@9-10") == ["completed-again"]
    assert kinds(exclusive, told % "unknown" + "@9-10") == DOUBLE


def test_a_cancel_frees_a_task_for_nobody() -> None:
    """Refused or not, it is no reason to hand the task to another before the lease is over."""
    told = "p: enqueue t @0-1; a: claim t @2-3; p: cancel t @4-5 %s; b: claim t "
    for outcome in ("refused", "ok", "unknown"):
        assert kinds(exclusive, told % outcome + "@6-7") == DOUBLE
        assert kinds(exclusive, told % outcome + "@12-13") == []


def test_an_extended_lease_runs_on() -> None:
    """An extension counts at least from its own begin, if it may have been granted."""
    told = "p: enqueue t @0-1; a: claim t @2-3; a: extend t @8-9 seconds=10 %s; b: claim t "
    assert kinds(exclusive, told % "ok" + "@16-17.5") == DOUBLE
    assert kinds(exclusive, told % "ok" + "@16-18") == []
    assert kinds(exclusive, told % "refused" + "@16-17.5") == []
    assert kinds(exclusive, told % "unknown" + "@10-11.5") == DOUBLE
    assert kinds(exclusive, told % "unknown" + "@16-17.5") == []


def test_an_extension_may_shorten_a_lease() -> None:
    """Where extensions count from now, one of few seconds ends a long lease."""
    told = "p: enqueue t @0-1; a: claim t @2-3; a: extend t @4-5 seconds=2; b: claim t "
    assert kinds(exclusive, told + "@5-5.5") == DOUBLE
    assert kinds(exclusive, told + "@7-8") == []


def test_an_extension_that_came_too_late_grants_nothing() -> None:
    """A library may refuse in silence what is asked for after the lease ran out."""
    told = "p: enqueue t @0-1; a: claim t @2-3; a: extend t @%s seconds=10; b: claim t @14-15"
    assert kinds(exclusive, told % "11-11.5") == DOUBLE
    assert kinds(exclusive, told % "11-12.5") == []


def test_extensions_at_once_are_not_ordered() -> None:
    """Of two extensions at the same time either may have counted last."""
    told = (
        "p: enqueue t @0-1; a: claim t @2-3; a: extend t @4-8 seconds=20;"
        "a: extend t @5-6 seconds=%s; b: claim t @14-15"
    )
    assert kinds(exclusive, told % 20) == []
    assert kinds(exclusive, told.replace("@5-6", "@8.5-9") % 20) == DOUBLE


def test_the_dead_hold_nothing() -> None:
    """After its worker was killed, a task may be handed out at once."""
    told = "p: enqueue t @0-1; a: claim t @2-3; %s @4-4; b: claim t @5-6"
    assert kinds(exclusive, told % "a: kill") == []
    assert kinds(exclusive, told % "c: kill") == DOUBLE


def test_a_queue_that_watches_processes_may_free_what_a_closed_one_held() -> None:
    """To close is to be gone only where processes are watched."""
    told = "p: enqueue t @0-1; a: claim t @2-3; a: close @4-5; b: claim t @6-7"
    assert kinds(exclusive, told, liveness=Liveness.PROCESS) == []
    assert kinds(exclusive, told, liveness=Liveness.NONE) == DOUBLE
    assert kinds(exclusive, told, liveness=Liveness.LEASE) == DOUBLE


def test_without_leases_a_task_is_held_until_it_is_acknowledged() -> None:
    """Where nothing is noticed, no time is long enough."""
    told = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @9000-9001"
    assert kinds(exclusive, told, liveness=Liveness.NONE, lease=None) == DOUBLE
    assert kinds(exclusive, told, liveness=Liveness.LEASE) == []


def test_a_lease_of_unknown_length_lasts_a_second() -> None:
    """A batch, a heartbeat and a nonsensical lease have lengths of the queue's own choice."""
    told = "p: enqueue t @0-1; a: claim t @2-2.1 %s; b: claim t "
    assert kinds(exclusive, told % "batch=2" + "@2.5-2.9") == DOUBLE
    assert kinds(exclusive, told % "batch=2" + "@3-4") == []
    assert kinds(exclusive, told % "lease=-1" + "@2.5-2.9") == []
    assert kinds(exclusive, told % "lease=null" + "@2.5-2.9") == []
    beat = partial(kinds, exclusive, liveness=Liveness.HEARTBEAT, lease=None)
    assert beat(told % "" + "@2.5-2.9") == DOUBLE
    assert beat(told % "" + "@3-4") == []


def test_a_lease_on_the_claim_counts_before_that_of_the_run() -> None:
    """The option of the claim is what was asked for."""
    told = "p: enqueue t @0-1; a: claim t @2-3 lease=%s; b: claim t @5-6"
    assert kinds(exclusive, told % 5) == DOUBLE
    assert kinds(exclusive, told % 3) == []
    assert kinds(exclusive, told % 1e300) == DOUBLE


def test_a_lease_that_is_fixed_counts_before_that_of_the_run() -> None:
    """For a batch of claims too."""
    told = "p: enqueue t @0-1; a: claim t @2-3 %s; b: claim t @8-9"
    for option in ("", "batch=2"):
        assert kinds(exclusive, told % option, lease_seconds=20.0) == DOUBLE
        assert kinds(exclusive, told % option, lease_seconds=5.0) == []


def test_what_was_said_later_changes_nothing() -> None:
    """An extension of no sensible length counts from its begin on, and so does a release."""
    told = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @3.2-3.6; a: %s"
    assert kinds(exclusive, told % "extend t @4-5 seconds=null") == DOUBLE
    assert kinds(exclusive, told % "extend t @3.5-5 seconds=null") == []
    assert kinds(exclusive, told % "release t @3.7-5") == DOUBLE
    assert kinds(exclusive, told % "release t @3.6-5") == []


def test_at_most_once_is_once() -> None:
    """Neither time nor a killed worker brings back what is promised at most once."""
    told = "p: enqueue t @0-1; a: claim t @2-3; %s @4-4; b: claim t @900-901"
    once = partial(kinds, exclusive, guarantee=Guarantee.AT_MOST_ONCE)
    assert once(told % "a: kill") == DOUBLE
    assert once(told % "a: release t") == []


def test_a_task_enqueued_twice_may_come_twice() -> None:
    """A client that tries again after an unknown outcome may have made two tasks."""
    told = "p: enqueue t @0-1 unknown; p: enqueue t @1-2 %s; a: claim t @3-4; b: claim t @5-6"
    assert kinds(exclusive, told % "ok") == []
    assert kinds(exclusive, told % "busy") == DOUBLE


def test_the_proof_names_the_task_the_workers_and_the_times() -> None:
    """The sentence can be read without the history, and the witness is the two claims."""
    told = history("p: enqueue t @5-6; a: claim t @7-7.5; b: claim t @8-8.25", lease=10)
    (found,) = exclusive(told, declared())
    assert found.detail == (
        "task t was handed to b (claim 3.000-3.250 s), though it had been handed to a "
        "(claim 2.000-2.500 s) and a still held it"
    )
    assert [one.number for one in found.witness] == [1, 2]


def test_one_proof_a_task_and_five_in_all() -> None:
    """More proofs of one kind prove nothing more."""
    lines = ["p: enqueue %s @0-1", "a: claim %s @2-3", "b: claim %s @4-5", "c: claim %s @6-7"]
    told = ";".join(line % f"t{n}" for n in range(7) for line in lines)
    assert kinds(exclusive, told) == DOUBLE * 5
