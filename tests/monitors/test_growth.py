"""The monitor `growth`: legal histories beside their illegal twins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors import growth
from tests.monitors.notation import Twins, contract, history, kinds


def _claims(*costs: tuple[int, int], unit: str = "steps") -> str:
    """Return three claims for each depth with its cost."""
    return ";".join(
        f'a: claim - backlog="waiting" depth={depth} {unit}={cost}'
        for depth, cost in costs
        for _ in range(3)
    )


TWINS = (
    Twins(
        kind="linear-cost",
        legal=_claims((50, 260), (500, 290)),
        illegal=_claims((50, 260), (500, 2060)),
    ),
)


def test_steps_count_from_half_a_step_a_task_and_twice_the_cost() -> None:
    """A tree that is deeper by one level is no scan; nor is what a large fixed part hides."""
    assert kinds(growth, _claims((50, 200), (500, 424))) == []
    assert kinds(growth, _claims((50, 200), (500, 425))) == ["linear-cost"]
    assert kinds(growth, _claims((50, 2000), (500, 3900))) == []


def test_time_must_grow_much_more_than_it_varies() -> None:
    """A threefold median is linear if it is also slow; a look at each task in memory is not."""
    by_time = {"unit": "nanoseconds"}
    assert kinds(growth, _claims((200, 90_000), (2000, 18_090_000), **by_time)) == ["linear-cost"]
    assert kinds(growth, _claims((200, 90_000), (2000, 18_080_000), **by_time)) == []
    assert kinds(growth, _claims((200, 20_000_000), (2000, 59_000_000), **by_time)) == []


def test_one_slow_call_proves_nothing() -> None:
    """The medians are compared."""
    one = 'a: claim - backlog="waiting" depth=500 steps=90000'
    assert kinds(growth, f"{_claims((50, 260), (500, 290))};{one}") == []


@pytest.mark.parametrize(("more", "expected"), [(25_000, []), (25_001, ["worse-than-linear"])])
def test_counting_may_be_linear(more: int, expected: list[str]) -> None:
    """A count of ten times as many tasks may cost 25 times as much, and no more."""
    claims = history(_claims((50, 1000), (500, more)))
    counts = replace(claims, operations=tuple(replace(call, verb=Verb.STATS) for call in claims))
    assert [violation.kind for violation in growth(counts, contract())] == expected


def test_the_cost_of_a_task_is_told() -> None:
    """The detail has both costs, both depths and the slope; the witness is one call of each."""
    (violation,) = growth(history(TWINS[0].illegal), contract())
    assert len(violation.witness) == 2
    assert violation.detail == (
        "`a` called claim at 1.000-1.500 s with 50 waiting tasks in the queue, and `a` at "
        "4.000-4.500 s with 500. The calls took 260 and 2,060 steps of SQLite (medians of 3 calls "
        "each): 4 more for each task."
    )
