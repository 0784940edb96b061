"""The monitor `repeated_attempt`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Retry
from pytest_queuekit.monitors import repeated_attempt
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="attempt-repeated",
        legal="p: enqueue t max_attempts=2; a: claim t; b: claim t @20-21",
        illegal="p: enqueue t max_attempts=1; a: claim t; b: claim t @20-21",
    ),
)


def test_a_released_task_has_its_attempt_left() -> None:
    """Only a worker that says nothing is dead."""
    text = "p: enqueue t; a: claim t; %s; b: claim t @20-21"
    once = Retry(max_attempts=1)
    assert kinds(repeated_attempt, text % "a: release t", retry=once) == []
    assert kinds(repeated_attempt, text % "a: release t refused", retry=once) == [
        "attempt-repeated"
    ]
