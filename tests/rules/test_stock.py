"""A race of a queue whose order is coarse takes no time for each task."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from pytest_queuekit.rules import concurrency


def test_a_race_stocks_without_waiting_for_the_order() -> None:
    """Only the race that judges the order waits between two tasks."""
    waits: list[float] = []
    stocker = SimpleNamespace(
        enqueue=lambda _label: None,
        clock=SimpleNamespace(wait=waits.append),
        contract=SimpleNamespace(order=SimpleNamespace(resolution=1.0)),
    )
    environment = SimpleNamespace(effort=SimpleNamespace(tasks=3), actor=lambda _name: stocker)
    concurrency._stock(cast(Any, environment))
    assert waits == []
    concurrency._stock_in_order(cast(Any, environment))
    assert waits == [1.0, 1.0, 1.0]
