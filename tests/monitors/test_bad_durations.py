"""The monitor `bad_durations`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.monitors import bad_durations
from tests.monitors.notation import Twins, contract, kinds

TWINS = (
    Twins(
        kind="swallowed",
        legal="p: enqueue t delay=-1; a: claim t; a: claim -",
        illegal="p: enqueue t delay=-1; a: claim -",
        drained=True,
    ),
    Twins(
        kind="instant-lease",
        legal="p: enqueue t; a: claim t @2-3 lease=-1; b: claim t @3.5-4",
        illegal="p: enqueue t; a: claim t @2-3 lease=-1; b: claim t @3.4-4",
        drained=True,
    ),
    Twins(
        kind="immortal-lease",
        legal="p: enqueue t; a: claim t lease=60; z: claim - @99-100",
        illegal="p: enqueue t; a: claim t lease=Infinity; z: claim - @99-100",
        drained=True,
    ),
)


def test_a_delay_counts_only_if_the_queue_accepted_it() -> None:
    """A refused delay is handled correctly, and an unknown one may have been refused."""
    text = "p: enqueue t delay=NaN %s; a: claim -"
    assert kinds(bad_durations, text % "", drained=True) == ["swallowed"]
    assert kinds(bad_durations, text % "refused", drained=True) == []
    assert kinds(bad_durations, text % "unknown", drained=True) == []
    assert kinds(bad_durations, text % "", drained=False) == []


def test_valid_durations_are_left_to_other_monitors() -> None:
    """A positive delay and a lease of at most a month are valid."""
    assert kinds(bad_durations, "p: enqueue t delay=5; a: claim -", drained=True) == []
    text = "p: enqueue t; a: claim t lease=%s; z: claim - @99-100"
    assert kinds(bad_durations, text % 2_592_000, drained=True) == []
    assert kinds(bad_durations, text % 2_592_001, drained=True) == ["immortal-lease"]


def test_an_extension_is_a_lease_too() -> None:
    """Only an accepted extension counts."""
    text = "p: enqueue t; a: claim t lease=5; a: extend t @2-3 seconds=-1 %s; b: claim t @3.1-4"
    assert kinds(bad_durations, text % "") == ["instant-lease"]
    assert kinds(bad_durations, text % "refused") == []


def test_a_claim_without_the_option_requests_the_default() -> None:
    """A redelivery then says nothing about an invalid lease."""
    assert kinds(bad_durations, "p: enqueue t; a: claim t @2-3; b: claim t @3.1-4") == []


def test_the_lease_of_a_task_begins_with_its_delivery() -> None:
    """A task may wait for long before a worker has it, and a valid lease is no concern here."""
    text = "p: enqueue t @1-2 lease=%s; a: claim t @20-21; b: claim t @%s-30"
    assert kinds(bad_durations, text % ("-1", "21.4")) == ["instant-lease"]
    assert kinds(bad_durations, text % ("-1", "21.5")) == []
    assert kinds(bad_durations, text % ("5", "21.4")) == []
    endless = "p: enqueue t lease=Infinity; a: claim t; z: claim - @99-100"
    assert kinds(bad_durations, endless, drained=True) == ["immortal-lease"]


def test_a_task_with_one_attempt_never_comes_again() -> None:
    """So a lease that nobody sees expire is no endless one."""
    text = "p: enqueue t; a: claim t lease=Infinity; z: claim - @99-100"
    once = contract().capabilities - {Capability.SECOND_ATTEMPT}
    assert kinds(bad_durations, text, drained=True, capabilities=once) == []
