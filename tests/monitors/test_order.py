"""The monitor `order`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial
from typing import Literal

import pytest

from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.monitors import order
from tests.monitors.notation import Twins, contract, history, kinds

TWINS = (
    Twins(
        kind="priority-order",
        legal=("p: enqueue t priority=5; p: enqueue u priority=1; a: claim u; a: claim t"),
        illegal=("p: enqueue t priority=5; p: enqueue u priority=1; a: claim t; a: claim u"),
        declared={"order": Order(priority="lower-first")},
    ),
    Twins(
        kind="fifo-order",
        legal="p: enqueue t @0-1; q: enqueue u @1-5; a: claim u @6-7; b: claim t @8-9",
        illegal="p: enqueue t @0-1; q: enqueue u @2-5; a: claim u @6-7; b: claim t @8-9",
    ),
    Twins(
        kind="lifo-order",
        legal="p: enqueue t @0-1; q: enqueue u @2-5; a: claim t @5-7; b: claim u @8-9",
        illegal="p: enqueue t @0-1; q: enqueue u @2-5; a: claim t @6-7; b: claim u @8-9",
        declared={"order": Order(ties="lifo")},
    ),
)

fifo = partial(kinds, order)
lifo = partial(kinds, order, order=Order(ties="lifo"))
ranked = partial(kinds, order, order=Order(priority="lower-first"))


def test_first_in_is_first_out() -> None:
    """If neither the enqueues nor the claims overlap, their orders agree."""
    text = "p: enqueue t @0-1; q: enqueue u @%s-5; a: claim u @6-7; b: claim t @%s-9"
    assert fifo(text % (1.5, 7.5)) == ["fifo-order"]
    assert fifo(text % (1, 7.5)) == []
    assert fifo(text % (1.5, 7)) == []


def test_a_task_that_never_comes_is_passed_over_too() -> None:
    """In a drained history the task is lost instead, which `no_loss` reports."""
    text = "p: enqueue t; p: enqueue u; a: claim u"
    assert fifo(text) == ["fifo-order"]
    assert fifo(text, drained=True) == []


def test_last_in_is_first_out() -> None:
    """The newer task must certainly wait when the older one is claimed."""
    text = "p: enqueue t @0-1; q: enqueue u @%s-5; a: claim t @%s-7; b: claim u @8-9"
    assert lifo(text % (2, 6)) == ["lifo-order"]
    assert lifo(text % (1, 6)) == []
    assert lifo(text % (2, 5)) == []
    assert lifo((text % (2, 6)).replace("0-1", "0-1 unknown")) == []


def test_ties_without_an_order_come_in_any_order() -> None:
    """Only the priority counts then."""
    text = "p: enqueue t priority=1; p: enqueue u priority=%s; a: claim u; a: claim t"
    either = Order(priority="lower-first", ties="none")
    assert kinds(order, text % 1, order=either) == []
    assert kinds(order, text % 2, order=either) == ["priority-order"]


@pytest.mark.parametrize(("direction", "first"), [("lower-first", 1), ("higher-first", 9)])
def test_the_better_priority_goes_first(
    direction: Literal["lower-first", "higher-first"], first: int
) -> None:
    """Either end of the scale may be declared as the better one."""
    text = f"p: enqueue t priority=5; p: enqueue u priority={first}; a: claim %s; b: claim %s"
    declared = Order(priority=direction)
    assert kinds(order, text % ("t", "u"), order=declared) == ["priority-order"]
    assert kinds(order, text % ("u", "t"), order=declared) == []


def test_a_better_task_must_wait_throughout_the_claim() -> None:
    """A claim may look at any moment of its interval."""
    text = "p: enqueue t @0-1 priority=5; q: enqueue u @2-%s priority=1; a: claim t @4-6;"
    assert ranked(text % 3 + "b: claim u @7-8") == ["priority-order"]
    assert ranked(text % 4 + "b: claim u @7-8") == []
    assert ranked(text % 3 + "b: claim u @6-8") == []


def test_better_tasks_may_take_turns() -> None:
    """At each moment of the claim some better task waited."""
    text = (
        "p: enqueue t @0-1 priority=5; p: enqueue u @1-2 priority=1; q: enqueue v @3-%s priority=2;"
        "a: claim t @4-9; b: claim u @7-8; b: claim v @9.5-10"
    )
    assert ranked(text % 6) == ["priority-order"]
    assert ranked(text % 7) == []


def test_a_priority_is_not_compared_with_a_default() -> None:
    """A queue chooses the priority of a task without one."""
    text = "p: enqueue t%s; p: enqueue u priority=1; a: claim t; a: claim u"
    assert ranked(text % "") == []
    assert ranked(text % " priority=2") == ["priority-order"]


def test_undeclared_priorities_are_ignored() -> None:
    """Such tasks are ties."""
    text = "p: enqueue t priority=2; p: enqueue u priority=1; a: claim %s; a: claim %s"
    assert fifo(text % ("t", "u")) == []
    assert fifo(text % ("u", "t")) == ["fifo-order"]


@pytest.mark.parametrize(
    "extra",
    ["delay=1", 'capabilities={"region":"EU"}', "key=k", "unknown"],
    ids=["delayed", "for some workers only", "of a shared key", "not certain"],
)
def test_a_task_with_a_reason_to_wait_is_not_passed_over(extra: str) -> None:
    """It is delayed, for some workers only, of a shared key, or uncertain."""
    text = "p: enqueue t %s; p: enqueue u; a: claim u; a: claim t; p: enqueue v key=k"
    assert fifo(text % "") == ["fifo-order"]
    assert fifo(text % extra) == []


def test_a_delayed_task_has_no_place_in_the_order() -> None:
    """Once due, it may go before older tasks."""
    text = "p: enqueue t; p: enqueue u delay=%s; a: claim u; a: claim t"
    assert fifo(text % 0.1) == []
    assert fifo(text % 0) == ["fifo-order"]


def test_a_task_that_may_be_gone_is_not_passed_over() -> None:
    """A cancel or a claim of unknown outcome may have removed it."""
    text = "p: enqueue t @0-1; p: enqueue u @2-3; %s; a: claim u @7-8; b: claim t @9-10"
    assert fifo(text % "p: cancel t @4-5") == []
    assert fifo(text % "c: claim @4-") == []
    assert fifo(text % "c: claim - @4-5 busy") == ["fifo-order"]


def test_only_the_first_delivery_has_a_place_in_the_order() -> None:
    """A released task may go first or last."""
    text = "p: enqueue t; p: enqueue u; a: claim t; a: claim u; a: release t; a: release u; %s"
    assert fifo(text % "b: claim u; b: claim t") == []


def test_the_proof_is_the_fewest_operations() -> None:
    """The witness is two enqueues and two claims although many tasks wait."""
    lines = [f"p: enqueue t{n}" for n in range(9)]
    observed = history(";".join([*lines, "a: claim t8", "a: claim t0"]))
    (violation,) = order(observed, contract())
    assert len(violation.witness) <= 4
    assert {operation.task for operation in violation.witness} >= {"t8"}
