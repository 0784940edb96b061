"""The monitor `redelivery`: legal histories beside their illegal twins."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.capabilities import Order, Retry
from pytest_queuekit.monitors import order, redelivery
from tests.monitors.notation import Twins, kinds

BACK = (
    "p: enqueue t; p: enqueue u; p: enqueue v; a: claim t; a: claim u; a: release u; a: release t; "
    "p: enqueue w; %s"
)


def claims(labels: str) -> str:
    """Return the history in which the tasks come again in this order."""
    return BACK % "; ".join(f"a: claim {label}" for label in labels)


TWINS = (
    Twins(
        kind="misplaced",
        legal=claims("tuvw"),
        illegal=claims("utvw"),
        declared={"order": Order(redelivery="original")},
    ),
)

PLACES = {
    ("original", "fifo"): "tuvw",
    ("head", "fifo"): "tuvw",
    ("tail", "fifo"): "vutw",
    ("original", "lifo"): "wvut",
    ("head", "lifo"): "wtuv",
    ("tail", "lifo"): "wvut",
}


@pytest.mark.parametrize(("place", "ties"), PLACES)
def test_each_declared_place(
    place: Literal["original", "head", "tail"], ties: Literal["fifo", "lifo"]
) -> None:
    """The tasks come in the one order that the declaration allows."""
    declared = Order(redelivery=place, ties=ties)
    right = PLACES[place, ties]
    assert kinds(redelivery, claims(right), order=declared) == []
    wrong = right.replace("t", "-").replace("v", "t").replace("-", "v")
    assert "misplaced" in kinds(redelivery, claims(wrong), order=declared)
    assert kinds(redelivery, claims(wrong), order=Order(ties=ties)) == []


def test_a_wait_leaves_the_place_at_the_tail_open() -> None:
    """It counts from the failure or from the end of the wait, and other tasks come between."""
    declared: dict[str, Any] = {
        "order": Order(redelivery="tail"),
        "retry": Retry(max_attempts=3, first=10),
    }
    text = "p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5; p: enqueue u @%s; a: claim t @20-21"
    assert kinds(redelivery, text % "7-8" + "; a: claim u @22-23", **declared) == []
    assert kinds(redelivery, text % "1-1.5" + "; a: claim u @22-23", **declared) == ["misplaced"]


def test_enqueues_within_the_resolution_have_no_order() -> None:
    """Their claims may come in either order; those of enqueues further apart may not."""
    text = "p: enqueue t @0-1; p: enqueue u @%s; a: claim u @20-21; a: claim t @22-23"
    assert kinds(order, text % "4-5", order=Order(resolution=5)) == []
    assert kinds(order, text % "6.5-7", order=Order(resolution=5)) == ["fifo-order"]


@pytest.mark.parametrize("declared", [{"redelivery": "head"}, {"resolution": 1}])
def test_a_place_without_an_order_has_no_effect(declared: dict[str, object]) -> None:
    """A declaration that could never be checked is an error."""
    with pytest.raises(AdapterError, match="no effect with ties='none'"):
        Order(ties="none", **declared)  # type: ignore[arg-type]


@pytest.mark.parametrize("resolution", [-1, float("nan"), float("inf"), True, "1"])
def test_a_resolution_is_a_number_of_seconds(resolution: object) -> None:
    """Anything else is an error."""
    with pytest.raises(AdapterError, match="resolution"):
        Order(resolution=resolution)  # type: ignore[arg-type]
