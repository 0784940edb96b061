"""Monitors: each is a pure function from a history and a contract to the violations it proves.

One closed property a module. Adding a monitor is one module and its line in this list.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_queuekit.contract import Contract
from pytest_queuekit.history import History
from pytest_queuekit.monitors.answers import answers
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.no_invention import no_invention
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.order import order
from pytest_queuekit.monitors.said_empty import said_empty
from pytest_queuekit.verdict import Violation

Monitor = Callable[[History, Contract], list[Violation]]
"""Tells what is certainly wrong; nothing, where two answers are possible."""

MONITORS: tuple[Monitor, ...] = (
    answers,
    busy,
    exclusive,
    no_invention,
    no_loss,
    no_resurrection,
    order,
    said_empty,
)

__all__ = [
    "MONITORS",
    "Monitor",
    "answers",
    "busy",
    "exclusive",
    "no_invention",
    "no_loss",
    "no_resurrection",
    "order",
    "said_empty",
]
