"""The monitor `batches`: legal histories beside their illegal twins."""

from __future__ import annotations

import pytest

from pytest_queuekit.model.adapter import Limitation
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.monitors import batches
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="over-limit",
        legal="a: claim t @2-3 batch=2; a: claim u @2-3 batch=2",
        illegal="a: claim t @2-3 batch=1; a: claim u @2-3 batch=1",
    ),
    Twins(
        kind="left-out",
        legal="p: enqueue t; p: enqueue u; a: claim t batch=2; b: claim u @2-3",
        illegal="p: enqueue t; p: enqueue u; a: claim t batch=2; b: claim u @3-4",
    ),
)


def test_a_batch_keeps_to_its_limit() -> None:
    """The operations of one batch share their actor and interval."""
    lines = [f"a: claim t{n} @2-3 batch=2" for n in range(3)]
    assert kinds(batches, ";".join(lines)) == ["over-limit"]
    assert kinds(batches, ";".join(lines[:2])) == []
    assert kinds(batches, ";".join([*lines[:2], "a: claim t @3-4 batch=2"])) == []
    assert kinds(batches, ";".join([*lines[:2], "b: claim t @2-3 batch=2"])) == []
    assert kinds(batches, "a: claim - @2-3 batch=0") == []


def test_a_batch_that_could_have_had_more_left_a_task_out() -> None:
    """A task that waited throughout the call belongs into a batch that is not full."""
    text = "p: enqueue t @0-1; p: enqueue u @2-%s; a: claim t @4-5 batch=%s"
    assert kinds(batches, text % (3, 2)) == ["left-out"]
    assert kinds(batches, text % (3, 1)) == []
    assert kinds(batches, text % (4, 2)) == []
    assert kinds(batches, "p: enqueue t; p: enqueue u; a: claim - batch=2") == []


def test_a_batch_may_be_short_where_the_queue_says_so() -> None:
    """By the contract, or by a limitation that waives the rule about full batches."""
    text = "p: enqueue t @0-1; p: enqueue u @2-3; a: claim t @4-5 batch=2"
    waived = Limitation(rule="CLAIM-8", reason="Parts", source="README")
    assert kinds(batches, text, limitations=(waived,)) == []
    every = frozenset(Capability)
    assert kinds(batches, text, capabilities=every - {Capability.FULL_BATCHES}) == []
    assert kinds(batches, text, capabilities=every) == ["left-out"]


@pytest.mark.parametrize(
    "excuse",
    [
        "p: enqueue u @2-3 delay=0.5",
        "p: enqueue u @2-3 unknown",
        "p: enqueue u @2-3; b: claim - @1-2 unknown",
        "p: enqueue u @2-3; p: stats @4.5-4.6",
        "p: enqueue u @2-3; p: cancel u @3-3.5",
        'p: enqueue u @2-3 capabilities={"region":"EU"}',
        'p: enqueue u @2-3 group="g"; p: enqueue v @2-3 group="g"; b: claim v @3-3.5',
    ],
)
def test_a_task_that_may_not_have_been_ready_is_not_left_out(excuse: str) -> None:
    """Nor is one that another claim may have taken, nor any while other calls run."""
    assert kinds(batches, f"p: enqueue t @0-1; {excuse}; a: claim t @4-5 batch=2") == []


def test_a_queue_may_end_a_batch_at_ten_tasks() -> None:
    """Some queues have a largest batch, whatever a claim asks for."""
    names = [f"t{number}" for number in range(12)]
    added = [f"p: enqueue {name} @0-1" for name in names]
    taken = [f"a: claim {name} @2-3 batch=50" for name in names]
    assert kinds(batches, ";".join([*added, *taken[:9]])) == ["left-out"]
    assert kinds(batches, ";".join([*added, *taken[:10]])) == []
