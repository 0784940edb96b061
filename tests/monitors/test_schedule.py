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
    """The delay counts from the begin of the enqueue, up to the end of the claim."""
    text = "p: enqueue t @1-4 delay=5; a: claim t @2-%s"
    assert kinds(schedule, text % 5.9) == ["early"]
    assert kinds(schedule, text % 6) == []
    assert kinds(schedule, text.replace(" delay=5", "") % 5.9) == []


def test_milliseconds_are_not_held_against_a_queue() -> None:
    """Two clocks may differ by two of them."""
    text = "p: enqueue t @1-4 delay=5; a: claim t @2-%s"
    assert kinds(schedule, text % 5.998) == []
    assert kinds(schedule, text % 5.997) == ["early"]


def test_the_shortest_delay_counts() -> None:
    """A client that tried again with another delay may be served by either enqueue."""
    text = "p: enqueue t @0-1 delay=5 unknown; p: enqueue t @2-3 delay=%s; a: claim t @3-4"
    assert kinds(schedule, text % 9) == ["early"]
    assert kinds(schedule, text % 2) == []


def test_a_delay_of_no_sense_is_none() -> None:
    """What a queue makes of it is asked elsewhere."""
    for delay in ("-5", "NaN", "null", '"soon"', "true"):
        assert kinds(schedule, f"p: enqueue t delay={delay}; a: claim t") == []
