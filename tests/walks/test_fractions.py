"""Walks have priorities with a fraction where the queue honours them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import Capability, Order
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.walks.fractions import FRACTIONS, honoured_fractions
from pytest_queuekit.walks.palette import PRIORITIES, Palette
from tests.mutants.value import RoundsPriorities
from tests.queues.memory import MemoryQueue, Task
from tests.queues.variants import TakesFractions


class HigherFirst(TakesFractions):
    """The greatest number is the best priority."""

    name = "higher-first-with-fractions"
    order = Order(priority="higher-first", ties="fifo")

    def _order_key(self, task: Task) -> tuple[float, float]:
        return -task.priority, task.number


class Cuts(TakesFractions):
    """Takes a priority with a fraction, and cuts that off."""

    name = "cuts"

    def _keep(self, task: Task) -> None:
        task.priority = int(task.priority)
        super()._keep(task)


@pytest.mark.parametrize("queue", [TakesFractions, HigherFirst], ids=lambda queue: queue.name)
def test_fractions_that_are_honoured_are_drawn(queue: type[QueueAdapter], tmp_path: Path) -> None:
    """Some of them are equal to other priorities if they are cut or rounded."""
    subject = QueueUnderTest.of(queue)
    fractions = honoured_fractions(subject, tmp_path / "fractions")
    palette = Palette(contract=subject.contract, time_passes=True, fractions=fractions)
    assert set(palette.options[Capability.PRIORITY]) == {*PRIORITIES, *FRACTIONS}


@pytest.mark.parametrize(
    "queue", [MemoryQueue, Cuts, RoundsPriorities], ids=lambda queue: queue.name
)
def test_other_fractions_are_left_to_their_rule(queue: type[QueueAdapter], tmp_path: Path) -> None:
    """VALUE-4 lets a queue refuse them, and finds one that changes them."""
    assert honoured_fractions(QueueUnderTest.of(queue), tmp_path / "fractions") == ()
