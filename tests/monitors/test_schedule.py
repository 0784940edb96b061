"""The monitor `schedule`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import schedule
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="early",
        legal="p: enqueue t @1-4 delay=5; a: claim t @2-6",
        illegal="p: enqueue t @1-4 delay=5; a: claim t @2-5.9",
    ),
)


def test_a_delayed_task_does_not_come_early() -> None:
    """The delay counts from the enqueue's start to the claim's end."""
    text = "p: enqueue t @1-4 delay=5; a: claim t @2-%s"
    assert kinds(schedule, text % 5.9) == ["early"]
    assert kinds(schedule, text % 6) == []
    assert kinds(schedule, text.replace(" delay=5", "") % 5.9) == []


def test_two_milliseconds_are_tolerated() -> None:
    """Two clocks of one machine may differ by as much."""
    text = "p: enqueue t @1-4 delay=5; a: claim t @2-%s"
    assert kinds(schedule, text % 5.998) == []
    assert kinds(schedule, text % 5.997) == ["early"]


def test_the_shortest_delay_counts() -> None:
    """After a client's retry with another delay either enqueue may count."""
    text = "p: enqueue t @0-1 delay=5 unknown; p: enqueue t @2-3 delay=%s; a: claim t @3-4"
    assert kinds(schedule, text % 9) == ["early"]
    assert kinds(schedule, text % 2) == []


def test_an_invalid_delay_is_ignored() -> None:
    """Another monitor judges it."""
    for delay in ("-5", "NaN", "null", '"soon"', "true"):
        assert kinds(schedule, f"p: enqueue t delay={delay}; a: claim t") == []
