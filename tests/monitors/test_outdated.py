"""The monitor `outdated`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.monitors import no_false_empty, outdated
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="outdated",
        legal="p: enqueue t expires=5 @0-1; a: claim t @6-7",
        illegal="p: enqueue t expires=5 @0-1; a: claim t @6.1-7",
    ),
)

reported = partial(kinds, outdated)
empty = partial(kinds, no_false_empty)


def test_a_task_expires_after_its_delay_and_the_resolution() -> None:
    """The seconds may count from the end of the delay, and the queue may notice them late."""
    assert reported("p: enqueue t expires=5 delay=2 @0-1; a: claim t @7.5-8") == []
    assert reported("p: enqueue t expires=5 delay=2 @0-1; a: claim t @8.5-9") == ["outdated"]
    assert reported("p: enqueue t expires=5 @0-1; a: claim t @6.5-7", resolution=1.0) == []


def test_later_deliveries_are_not_judged() -> None:
    """A task that was delivered in time may come again after its failure."""
    text = "p: enqueue t expires=5 @0-1; a: claim t @2-3; a: fail t @3-4; a: claim t @9-10"
    assert reported(text) == []


def test_a_task_waits_until_it_may_have_expired() -> None:
    """An empty answer is wrong before, and right from the first moment that the seconds allow."""
    text = "p: enqueue t expires=5 @0-1; a: claim - @%s"
    assert empty(text % "2-4") == ["said-empty"]
    assert empty(text % "4-5") == []
