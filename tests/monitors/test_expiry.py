"""The monitor `expiry`: legal histories beside their illegal twins."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.capabilities import Capability, Guarantee, Liveness, Retry
from pytest_queuekit.monitors import expiry
from tests.monitors.notation import Twins, contract, kinds

TWINS = (
    Twins(
        kind="not-reclaimed",
        legal="p: enqueue t @0-1; a: claim t @2-3; b: claim - @13-20",
        illegal="p: enqueue t @0-1; a: claim t @2-3; b: claim - @13.1-20",
    ),
)

KIND = ["not-reclaimed"]
TEXT = "p: enqueue t @0-1; a: claim t @2-3; %s; b: claim - @%s-20; c: claim t @%s"


def test_a_task_comes_back_when_its_lease_is_over() -> None:
    """The task is available from the expiry, counted from the claim's end, to the next claim."""
    quiet = "q: stats @0-1"
    assert kinds(expiry, TEXT % (quiet, 14.1, "21-22"), resolution=1.0) == KIND
    assert kinds(expiry, TEXT % (quiet, 14, "21-22"), resolution=1.0) == []
    assert kinds(expiry, TEXT % (quiet, 14.1, "20-22"), resolution=1.0) == []


def test_an_acknowledged_task_may_be_gone() -> None:
    """Refused and busy acknowledgements change nothing."""
    for verb in ("complete", "fail", "release"):
        said = f"a: {verb} t @4-5 %s"
        assert kinds(expiry, TEXT % (said % "unknown", 15, "21-22")) == []
        assert kinds(expiry, TEXT % (said % "refused", 15, "21-22")) == KIND
    assert kinds(expiry, TEXT % ("p: cancel t @4-5", 15, "21-22")) == []


def test_an_extended_lease_may_last_from_its_old_end() -> None:
    """A queue may add the seconds to the old end or to now."""
    longer = "a: extend t @4-5 seconds=3"
    assert kinds(expiry, TEXT % (longer, 16, "21-22")) == []
    assert kinds(expiry, TEXT % (longer, 16.1, "21-22")) == KIND
    assert kinds(expiry, TEXT % ("a: extend t @4- seconds=3", 16.1, "21-22")) == []


def test_only_leases_that_bring_a_task_back_are_judged() -> None:
    """A queue with at-most-once delivery, or without leases, brings back no task."""
    text = TEXT % ("q: stats @0-1", 15, "21-22")
    assert kinds(expiry, text, guarantee=Guarantee.AT_MOST_ONCE) == []
    assert kinds(expiry, text, liveness=Liveness.NONE) == []
    for option in ("batch=2", "lease=0", "lease=-1", "lease=null"):  # of unknown length
        assert kinds(expiry, text.replace("@2-3", f"@2-3 {option}")) == []


def test_a_watched_worker_is_noticed_after_its_death() -> None:
    """The time to notice counts from the kill; a beat that was announced for later counts too."""
    text = "p: enqueue t @0-1; a: claim t @2-3; %s; a: kill @4-4; b: claim - @%s-20"
    quiet, beat = "q: stats @0-1", "a: extend t @3.5-3.6 seconds=3"
    watched: dict[str, Any] = {"liveness": Liveness.PROCESS, "notice_seconds": 5.0, "lease": None}
    assert kinds(expiry, text % (quiet, 9.1), **watched) == KIND
    assert kinds(expiry, text % (quiet, 9), **watched) == []
    assert kinds(expiry, text % (beat, 9.1), **watched) == KIND
    listening = {**watched, "liveness": Liveness.HEARTBEAT}
    assert kinds(expiry, text % (quiet, 9.1), **listening) == KIND
    assert kinds(expiry, text % (beat, 12), **listening) == []
    assert kinds(expiry, text % (beat, 12.1), **listening) == KIND
    assert kinds(expiry, text.replace("a: kill", "c: kill") % (quiet, 15), **watched) == []


def test_the_last_attempt_may_have_been_used_up() -> None:
    """A queue may count an expired lease as an attempt."""
    text = TEXT % ("q: stats @0-1", 15, "21-22")
    assert kinds(expiry, text, retry=Retry(max_attempts=1)) == []
    assert kinds(expiry, text, retry=Retry(max_attempts=2)) == KIND
    listed = text + "; z: dead_letters t @30-31"
    assert kinds(expiry, listed, retry=Retry(max_attempts=2)) == []


def test_an_explicit_reclaim_must_come_first() -> None:
    """The call must start after the expiry and end before the claim."""
    able = contract().capabilities | {Capability.RECLAIM}
    text = TEXT % ("z: reclaim @%s", 15, "21-22")
    assert kinds(expiry, text % "13.1-14", capabilities=able) == KIND
    assert kinds(expiry, text % "13-14", capabilities=able) == []
    assert kinds(expiry, text % "13.1-15", capabilities=able) == []
    assert kinds(expiry, text % "13.1-14 unknown", capabilities=able) == []


def test_overlapping_deliveries_have_no_order() -> None:
    """Either of the two leases may be the later one."""
    text = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @%s-4; c: claim - @30-31"
    assert kinds(expiry, text % 2.5) == []
    assert kinds(expiry, text % 3.5) == KIND


def test_an_expired_lease_may_count_as_a_failure() -> None:
    """The task then waits from the claim that made the queue notice."""
    text = (
        "p: enqueue t @0-1; a: claim t @2-3; b: claim - @%s-20; "
        "c: claim - @%s-30; c: claim t @31-32"
    )
    waits = Retry(max_attempts=5, first=4)
    assert kinds(expiry, text % (15, 23.9), retry=waits) == []
    assert kinds(expiry, text % (15, 24.1), retry=waits) == KIND
    assert kinds(expiry, text % (13, 23.9), retry=waits) == []
