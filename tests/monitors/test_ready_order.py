"""The monitor `ready_order`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.monitors import ready_order
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="out-of-turn",
        legal=(
            "p: enqueue t priority=5; p: enqueue u priority=1 delay=60; a: claim t; "
            "a: claim u @70-71"
        ),
        illegal=(
            "p: enqueue t priority=5; p: enqueue u priority=1 delay=1; a: claim t @10-11; "
            "a: claim u @70-71"
        ),
        declared={"order": Order(priority="lower-first")},
    ),
)

lower_first = partial(kinds, ready_order, order=Order(priority="lower-first"))
WRONG = ["out-of-turn"]


def test_a_delayed_task_goes_first_only_when_it_is_due() -> None:
    """It is due for certain after its delay, counted from the enqueue's end, and the resolution."""
    text = "p: enqueue t priority=5; p: enqueue u @1-2 priority=1 delay=3; a: claim t @%s-9"
    assert lower_first(text % 5.1) == WRONG
    assert lower_first(text % 5) == []
    assert lower_first(text % 5.1, resolution=1.0) == []


def test_a_task_for_other_workers_is_not_passed_over() -> None:
    """Only a worker with the needed capabilities could have received it."""
    text = 'p: enqueue t priority=5; p: enqueue u priority=1 capabilities={"r":1}; a: claim t %s'
    assert lower_first(text % 'capabilities={"r":1}') == WRONG
    assert lower_first(text % 'capabilities={"r":2}') == []
    assert lower_first(text % "") == []


def test_ties_count_only_if_no_task_is_delayed() -> None:
    """A queue chooses the place of a delayed task among its equals."""
    text = "p: enqueue t; p: enqueue u %s; a: claim u @10-11; a: claim t @12-13"
    assert kinds(ready_order, text % "") == WRONG
    assert kinds(ready_order, text % "delay=1") == []
    assert kinds(ready_order, text % "", order=Order(ties="lifo")) == []


def test_overlapping_enqueues_have_no_order() -> None:
    """Either of two overlapping enqueues may be first, whichever of them ended first."""
    text = "p: enqueue t @0-%s; q: enqueue u @2-5; a: claim u @10-11; a: claim t @12-13"
    assert kinds(ready_order, text % 1.9) == WRONG
    assert kinds(ready_order, text % 2) == []
    assert kinds(ready_order, text % 3) == []


def test_a_claim_of_unknown_outcome_may_have_taken_the_better_task() -> None:
    """Then the monitor is silent."""
    text = "p: enqueue t priority=5; p: enqueue u priority=1; b: claim %s; a: claim t"
    assert lower_first(text % "unknown") == []
    assert lower_first(text % "busy") == WRONG
