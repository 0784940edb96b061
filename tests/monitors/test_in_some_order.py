"""The monitor `in_some_order`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.monitors.in_some_order import in_some_order
from tests.monitors.notation import Twins, kinds

IN_TURN = (
    "p: enqueue x-in-turn-1; p: cancel x-in-turn-1; w: claim -;"
    "p: enqueue x-in-turn-2; w: claim x-in-turn-2; p: cancel x-in-turn-2 refused;"
)
TWINS = (
    Twins(
        kind="no-order",
        legal=IN_TURN + "p: enqueue x-3; w: claim x-3; p: cancel x-3 refused",
        illegal=IN_TURN + "p: enqueue x-3; w: claim x-3; p: cancel x-3",
    ),
)


def test_either_order_will_do() -> None:
    """A round ends like any of the rounds in turn."""
    assert kinds(in_some_order, IN_TURN + "p: enqueue x-3; p: cancel x-3; w: claim -") == []


def test_a_second_task_of_the_round_counts() -> None:
    """A task of the same round has its number and a word behind it."""
    both = "p: enqueue %s; q: enqueue %s-again; w: claim %s; "
    in_turn = (both % (("x-in-turn-1",) * 3)) + (both % (("x-in-turn-2",) * 3))
    assert kinds(in_some_order, in_turn + both % (("x-3",) * 3)) == []
    twice = "p: enqueue x-3; q: enqueue x-3-again; w: claim x-3; w: claim x-3-again"
    assert kinds(in_some_order, in_turn + twice) == ["no-order"]


def test_any_task_of_a_batch_may_come_first_where_no_order_is_promised() -> None:
    """With a promised order, a claim that brings the second task first is unlike those in turn."""
    batch = "p: enqueue {0}; p: enqueue {0}-too; "
    first = batch + "w: claim {0}; v: claim {0}-too; "
    second = batch + "w: claim {0}-too; v: claim {0}; "
    calls = first.format("x-in-turn-1") + first.format("x-in-turn-2") + second.format("x-3")
    assert kinds(in_some_order, calls) == ["no-order"]
    for order in (Order(ties="none"), Order(resolution=0.01)):
        assert kinds(in_some_order, calls, order=order) == []


def test_an_uncertain_round_counts_for_nothing() -> None:
    """A call that was busy, or whose outcome is unknown, may end the round in another way."""
    for outcome in ("busy", "unknown"):
        round_ = f"p: enqueue x-3; w: claim x-3; p: cancel x-3 {outcome}"
        assert kinds(in_some_order, IN_TURN + round_) == []


def test_a_round_that_was_not_over_counts_for_nothing() -> None:
    """A task that comes again during another round ends as that round made it."""
    late = "p: enqueue x-3; w: claim x-3; p: enqueue x-4; p: cancel x-4; p: cancel x-3"
    assert kinds(in_some_order, IN_TURN + late) == []


def test_rounds_of_one_order_prove_nothing() -> None:
    """Without both orders in turn, the other order may explain a round."""
    once = "p: enqueue x-in-turn-1; p: cancel x-in-turn-1; p: enqueue x-2; w: claim x-2"
    assert kinds(in_some_order, once) == []


def test_an_uncertain_round_in_turn_leaves_the_pair_unjudged() -> None:
    """What was busy in turn may be the very order that explains a round."""
    busy = "p: enqueue x-in-turn-3; w: claim x-in-turn-3; p: cancel x-in-turn-3 busy;"
    again = "p: enqueue x-in-turn-3; w: claim x-in-turn-3; p: enqueue x-in-turn-4;"
    again += "p: cancel x-in-turn-4; p: cancel x-in-turn-3;"
    unlike = "p: enqueue x-5; w: claim x-5; p: cancel x-5"
    for uncertain in (busy, again):
        assert kinds(in_some_order, IN_TURN + uncertain + unlike) == []
    assert kinds(in_some_order, IN_TURN + unlike) == ["no-order"]
