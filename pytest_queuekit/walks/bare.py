"""Finds out which bare values a queue carries as payloads. A rule judges the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_queuekit.execution.clock import clock_of_run
from pytest_queuekit.execution.drivers.play import play
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability, Payload
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.payloads import canonical
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.walks.play import LEASE

VALUES: Mapping[Payload, Sequence[Any]] = {
    Payload.JSON: (
        *("", "0", "null", "long " * 2000, None, False, [], {}),
        *(0, 0.0, 2**53 + 1, 2**64 + 1),
    ),
    Payload.TEXT: ("", " ", "0", "null", "long " * 2000),
    Payload.BYTES: (b"", b"\0", b"0", b"long " * 2000),
}
"""Payloads that are no mapping, or an empty one, and have no room for the kit's label."""

_CARRIED = "carries bare payloads"


def bare_payloads(queue: QueueUnderTest, folder: Path) -> Sequence[Any]:
    """Return the values that a new queue accepts and delivers. Only the first call tries it."""
    if _CARRIED not in queue.learned:
        folder.mkdir(parents=True)
        queue.learned[_CARRIED] = _try(queue, folder)
    return tuple(queue.learned[_CARRIED])


def _try(queue: QueueUnderTest, folder: Path) -> list[Any]:
    carried: list[Any] = []

    def script(env: Environment) -> None:
        actor = env.actor("prober")
        carried.extend(value for value in VALUES[env.contract.payload] if _carries(actor, value))

    with clock_of_run(virtual=False) as clock:
        env = Environment(queue, folder, clock=clock, lease=LEASE, effort=Effort())
        play(Scenario(script=script), (), env, "walk", lambda *_nothing: None)
    return carried


def _carries(actor: Recorder, value: Any) -> bool:
    """Return True if a queue accepts a value and delivers it next, unchanged."""
    text = canonical(value)
    delivery = actor.claim() if actor.enqueue_bare(text, value) else None
    if delivery is None:
        return False
    if actor.can(Capability.COMPLETE):
        actor.complete(delivery)
    return canonical(delivery.claim.payload) == text
