"""Finds out which bare values a queue carries as payloads. A rule judges the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_queuekit.model.capabilities import Capability, Payload
from pytest_queuekit.model.payloads import canonical
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.walks.trial import try_out

_JSON: Sequence[Any] = (
    *("", "0", "null", "long " * 2000, None, False, [], {}),
    *(0, 0.0, 2**53 + 1, 2**64 + 1),
)
VALUES: Mapping[Payload, Sequence[Any]] = {
    Payload.JSON: _JSON,
    Payload.OBJECT: (*_JSON, (), (0,), set(), b""),
    Payload.TEXT: ("", " ", "0", "null", "long " * 2000),
    Payload.INTEGER: (1, 2, 2**31, 2**32 + 1, 2**53 + 1, 2**63 - 1, 0, -1),
    Payload.BYTES: (b"", b"\0", b"0", b"long " * 2000),
}
"""Payloads that are no mapping, or an empty one, and have no room for the kit's label."""

_CARRIED, _ACCEPTED = "carries bare payloads", "accepts bare payloads in batches"


def bare_payloads(queue: QueueUnderTest, folder: Path) -> Sequence[Any]:
    """Return the values that a new queue accepts and delivers. Only the first call tries it."""
    values = VALUES[queue.contract.payload]
    return try_out(
        queue, _CARRIED, folder, lambda actor: [value for value in values if _carries(actor, value)]
    )


def bare_payloads_of_batches(queue: QueueUnderTest, folder: Path) -> Sequence[Any]:
    """Return those of the carried values that a new queue accepts in a batch.

    A queue that refuses them there is left alone. One that changes them only there is not.
    """
    if Capability.ENQUEUE_MANY not in queue.contract.capabilities:
        return ()
    values = bare_payloads(queue, folder / "single")
    return try_out(
        queue,
        _ACCEPTED,
        folder / "batch",
        lambda actor: [value for value in values if _accepts(actor, value)],
    )


def _carries(actor: Recorder, value: Any) -> bool:
    """Return True if a queue accepts a value and delivers it next, unchanged."""
    text = canonical(value)
    delivery = actor.claim() if actor.enqueue_bare(text, value) else None
    if delivery is None:
        return False
    if actor.can(Capability.COMPLETE):
        actor.complete(delivery)
    return canonical(delivery.claim.payload) == text


def _accepts(actor: Recorder, value: Any) -> bool:
    """Return True if a queue accepts a value in a batch."""
    return actor.enqueue_many([canonical(value)], payloads=[value])
