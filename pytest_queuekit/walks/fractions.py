"""Finds out whether a queue honours priorities with a fraction. A rule judges one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.walks.trial import try_out

FRACTIONS = (5.5, 1.25, 1.5)
"""Priorities that a queue without fractions takes for others of a walk, or for one another."""

_HONOURED = "honours fractions"
_TRIED = (5, *FRACTIONS, 1)


def honoured_fractions(queue: QueueUnderTest, folder: Path) -> Sequence[float]:
    """Return the fractions if a new queue delivers by them. Only the first call tries it."""
    if Capability.PRIORITY not in queue.contract.capabilities:
        return ()
    delivered = try_out(queue, _HONOURED, folder, _delivered)
    highest_first = queue.contract.order.priority == "higher-first"
    expected = sorted(_TRIED, reverse=highest_first)
    return FRACTIONS if list(delivered) == list(map(str, expected)) else ()


def _delivered(actor: Recorder) -> Sequence[str]:
    """Return the priorities of tasks in the order of their deliveries."""
    accepted = [actor.enqueue(str(priority), priority=priority) for priority in _TRIED]
    deliveries = [actor.claim() for _ in _TRIED] if all(accepted) else []
    return [delivery.label for delivery in deliveries if delivery is not None]
