"""The monitor `batch_order`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.monitors import batch_order
from tests.monitors.notation import Twins, kinds

_IN = "p: enqueue t @0-1%s; p: enqueue u @2-3%s;"
_OUT = "a: claim u @4-5 batch=2; a: claim t @4-5 batch=2"

TWINS = (
    Twins(
        kind="unsorted-batch",
        legal=_IN % ("", "") + "a: claim t @4-5 batch=2; a: claim u @4-5 batch=2",
        illegal=_IN % ("", "") + _OUT,
    ),
)

fifo = partial(kinds, batch_order)
ranked = partial(kinds, batch_order, order=Order(priority="lower-first"))


def test_priorities_come_before_ties() -> None:
    """A task without a priority is not compared with one that has some."""
    assert ranked(_IN % (" priority=5", " priority=1") + _OUT) == []
    assert ranked(_IN % (" priority=1", " priority=5") + _OUT) == ["unsorted-batch"]
    assert ranked(_IN % (" priority=5", " priority=5") + _OUT) == ["unsorted-batch"]
    assert ranked(_IN % (" priority=1", "") + _OUT) == []


def test_only_a_declared_order_counts() -> None:
    """Without ties, with a coarse resolution and for a stack, the batch is in order."""
    text = _IN % ("", "") + _OUT
    assert fifo(text) == ["unsorted-batch"]
    assert kinds(batch_order, text, order=Order(ties="none")) == []
    assert kinds(batch_order, text, order=Order(ties="lifo")) == []
    assert kinds(batch_order, text, order=Order(resolution=2.0)) == []


def test_enqueues_that_overlap_have_no_order() -> None:
    """Nor have the tasks of one batch of enqueues."""
    assert fifo("p: enqueue t @0-2; q: enqueue u @1-3;" + _OUT) == []


def test_only_first_deliveries_are_compared() -> None:
    """A task that came before may have another place now."""
    before = "b: claim t @3.1-3.2; b: release t @3.3-3.4;"
    assert fifo(_IN % ("", "") + before + _OUT) == []
    unknown = "b: claim - @3.1-;"
    assert fifo(_IN % ("", "") + unknown + _OUT) == []


def test_claims_of_single_tasks_are_no_batch() -> None:
    """They may overlap, and then have no order."""
    assert fifo(_IN % ("", "") + _OUT.replace(" batch=2", "")) == []
    assert fifo(_IN % ("", "") + _OUT.replace("a: claim t", "b: claim t")) == []
