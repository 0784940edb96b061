"""The monitor `exclusive`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.model.capabilities import Guarantee, Liveness
from pytest_queuekit.monitors import exclusive, no_resurrection
from tests.monitors.notation import Twins, history, kinds
from tests.monitors.notation import contract as declared

TWINS = (
    Twins(
        kind="double-delivery",
        legal="p: enqueue t @0-1; a: claim t @2-4; b: claim t @11-12",
        illegal="p: enqueue t @0-1; a: claim t @2-4; b: claim t @11-11.9",
    ),
)

DOUBLE = ["double-delivery"]


def test_a_task_is_not_delivered_while_its_lease_runs() -> None:
    """A second delivery is legal once the lease, counted from the claim's start, may be over."""
    both = "p: enqueue t @0-1; a: claim t @2-4; b: claim t "
    assert kinds(exclusive, both + "@11-11.9") == DOUBLE
    assert kinds(exclusive, both + "@11-12") == []


def test_overlapping_claims_cannot_both_get_a_task() -> None:
    """One of two overlapping claims gets the task, unless the other may have given it back."""
    both = "p: enqueue t @0-1; a: claim t @2-9; b: claim t @3-4"
    assert kinds(exclusive, both) == DOUBLE
    assert kinds(exclusive, both + "; b: release t @5-6") == []
    assert kinds(exclusive, both + "; b: release t @5-6 refused") == DOUBLE
    assert kinds(exclusive, both + "; b: release t @9.5-10") == DOUBLE


def test_a_task_that_is_given_back_is_free() -> None:
    """A failure or a release that may have counted frees the task from its start on."""
    for verb in ("fail", "release"):
        text = f"p: enqueue t @0-1; a: claim t @2-3; a: {verb} t @4-8 %s; b: claim t @5-6"
        assert kinds(exclusive, text % "ok") == []
        assert kinds(exclusive, text % "unknown") == []
        assert kinds(exclusive, text % "busy") == DOUBLE


def test_a_completion_does_not_free_a_task() -> None:
    """During a completion the task is held or done; a delivery after it is a resurrection."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-8 %s; b: claim t "
    for outcome in ("ok", "unknown", "busy"):
        assert kinds(exclusive, text % outcome + "@5-6") == DOUBLE
    assert kinds(exclusive, text % "ok" + "@7-9") == DOUBLE
    assert kinds(exclusive, text % "ok" + "@9-10") == []
    assert kinds(no_resurrection, text % "ok" + "@9-10") == ["completed-again"]
    assert kinds(exclusive, text % "unknown" + "@9-10") == DOUBLE


def test_a_cancel_does_not_free_a_task() -> None:
    """A cancel, refused or not, is not a reason to deliver the task before its lease expires."""
    text = "p: enqueue t @0-1; a: claim t @2-3; p: cancel t @4-5 %s; b: claim t "
    for outcome in ("refused", "ok", "unknown"):
        assert kinds(exclusive, text % outcome + "@6-7") == DOUBLE
        assert kinds(exclusive, text % outcome + "@12-13") == []


def test_an_extended_lease_runs_on() -> None:
    """An extension that may have been granted counts at least from its own start."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: extend t @8-9 seconds=10 %s; b: claim t "
    assert kinds(exclusive, text % "ok" + "@16-17.5") == DOUBLE
    assert kinds(exclusive, text % "ok" + "@16-18") == []
    assert kinds(exclusive, text % "refused" + "@16-17.5") == []
    assert kinds(exclusive, text % "unknown" + "@10-11.5") == DOUBLE
    assert kinds(exclusive, text % "unknown" + "@16-17.5") == []


def test_an_extension_never_shortens_a_lease() -> None:
    """A short extension leaves a long lease as it was; one of an invalid length proves nothing."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: extend t @4-5 seconds=%s; b: claim t @7-8"
    assert kinds(exclusive, text % 2) == DOUBLE
    assert kinds(exclusive, (text % 2).replace("@7-8", "@11-12")) == []
    for invalid in ("-2", "0", "null"):
        assert kinds(exclusive, text % invalid) == []


def test_an_extension_that_came_too_late_grants_nothing() -> None:
    """A library may silently refuse an extension after the lease expired."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: extend t @%s seconds=10; b: claim t @14-15"
    assert kinds(exclusive, text % "11-11.5") == DOUBLE
    assert kinds(exclusive, text % "11-12.5") == []


def test_of_overlapping_extensions_the_longer_counts() -> None:
    """Neither of two extensions shortens the other, whichever is first."""
    text = (
        "p: enqueue t @0-1; a: claim t @2-3; a: extend t @4-8 seconds=20;"
        "a: extend t @5-6 seconds=2; b: claim t @14-15"
    )
    assert kinds(exclusive, text) == DOUBLE
    assert kinds(exclusive, text.replace("@14-15", "@24-25")) == []


def test_a_killed_worker_holds_nothing() -> None:
    """The queue may deliver a task as soon as its worker is killed."""
    text = "p: enqueue t @0-1; a: claim t @2-3; %s @4-4; b: claim t @5-6"
    assert kinds(exclusive, text % "a: kill") == []
    assert kinds(exclusive, text % "c: kill") == DOUBLE


def test_a_queue_that_watches_processes_may_free_the_tasks_of_a_closed_one() -> None:
    """Only such a queue notices a close."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: close @4-5; b: claim t @6-7"
    assert kinds(exclusive, text, liveness=Liveness.PROCESS) == []
    assert kinds(exclusive, text, liveness=Liveness.NONE) == DOUBLE
    assert kinds(exclusive, text, liveness=Liveness.LEASE) == DOUBLE


def test_without_leases_a_task_is_held_until_it_is_acknowledged() -> None:
    """Without liveness, no time is long enough."""
    text = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @9000-9001"
    assert kinds(exclusive, text, liveness=Liveness.NONE, lease=None) == DOUBLE
    assert kinds(exclusive, text, liveness=Liveness.LEASE) == []


def test_a_lease_of_unknown_length_lasts_a_second() -> None:
    """The queue chooses the length for a batch, a heartbeat and an invalid lease."""
    text = "p: enqueue t @0-1; a: claim t @2-2.1 %s; b: claim t "
    assert kinds(exclusive, text % "batch=2" + "@2.5-2.9") == DOUBLE
    assert kinds(exclusive, text % "batch=2" + "@3-4") == []
    assert kinds(exclusive, text % "lease=-1" + "@2.5-2.9") == []
    assert kinds(exclusive, text % "lease=null" + "@2.5-2.9") == []
    beat = partial(kinds, exclusive, liveness=Liveness.HEARTBEAT, lease=None)
    assert beat(text % "" + "@2.5-2.9") == DOUBLE
    assert beat(text % "" + "@3-4") == []


def test_a_beat_keeps_a_task_for_a_share_of_the_time_to_notice() -> None:
    """A queue whose beats have no length cannot know for how long one was announced."""
    beat = partial(kinds, exclusive, liveness=Liveness.HEARTBEAT, notice_seconds=10.0, lease=None)
    text = "p: enqueue t @0-1; a: claim t @2-3; a: extend t seconds=%s @2.5-2.6; b: claim t @%s"
    assert beat(text % (60, "9-10")) == DOUBLE
    assert beat(text % (60, "10.5-11")) == []
    assert beat(text % (4, "6-6.2")) == DOUBLE
    assert beat(text % (4, "7-8")) == []


def test_the_lease_of_a_claim_overrides_the_lease_of_the_run() -> None:
    """The option of the claim is the requested lease."""
    text = "p: enqueue t @0-1; a: claim t @2-3 lease=%s; b: claim t @5-6"
    assert kinds(exclusive, text % 5) == DOUBLE
    assert kinds(exclusive, text % 3) == []
    assert kinds(exclusive, text % 1e300) == DOUBLE


def test_a_declared_lease_overrides_the_lease_of_the_run() -> None:
    """This holds for a batch of claims too."""
    text = "p: enqueue t @0-1; a: claim t @2-3 %s; b: claim t @8-9"
    for option in ("", "batch=2"):
        assert kinds(exclusive, text % option, lease_seconds=20.0) == DOUBLE
        assert kinds(exclusive, text % option, lease_seconds=5.0) == []


def test_a_later_acknowledgement_changes_nothing() -> None:
    """An extension without a valid length, and a release, count from their start."""
    text = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @3.2-3.6; a: %s"
    assert kinds(exclusive, text % "extend t @4-5 seconds=null") == DOUBLE
    assert kinds(exclusive, text % "extend t @3.5-5 seconds=null") == []
    assert kinds(exclusive, text % "release t @3.7-5") == DOUBLE
    assert kinds(exclusive, text % "release t @3.6-5") == []


def test_at_most_once_is_once() -> None:
    """Neither time nor a kill permits a second delivery of a task that is promised at most once."""
    text = "p: enqueue t @0-1; a: claim t @2-3; %s @4-4; b: claim t @900-901"
    once = partial(kinds, exclusive, guarantee=Guarantee.AT_MOST_ONCE)
    assert once(text % "a: kill") == DOUBLE
    assert once(text % "a: release t") == []


def test_a_task_enqueued_twice_may_come_twice() -> None:
    """A client that retries after an unknown outcome may have made two tasks."""
    text = "p: enqueue t @0-1 unknown; p: enqueue t @1-2 %s; a: claim t @3-4; b: claim t @5-6"
    assert kinds(exclusive, text % "ok") == []
    assert kinds(exclusive, text % "busy") == DOUBLE


def test_the_detail_names_the_task_the_workers_and_the_times() -> None:
    """The detail stands alone, and the witness is the two claims."""
    observed = history("p: enqueue t @5-6; a: claim t @7-7.5; b: claim t @8-8.005", lease=10)
    (violation,) = exclusive(observed, declared())
    assert violation.title == "Task delivered twice"
    assert violation.detail == (
        "`b` claimed t at 3.000 s although `a` still held it "
        "(claimed at 2.000-2.500 s, requested lease 10 s)."
    )
    assert [operation.number for operation in violation.witness] == [1, 2]


def test_at_most_five_violations_are_reported() -> None:
    """Each task has one proof, and more than five proofs of a kind prove nothing more."""
    lines = ["p: enqueue %s @0-1", "a: claim %s @2-3", "b: claim %s @4-5", "c: claim %s @6-7"]
    text = ";".join(line % f"t{n}" for n in range(7) for line in lines)
    assert kinds(exclusive, text) == DOUBLE * 5
