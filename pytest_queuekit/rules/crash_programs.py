"""The programs of workers that die, stop or fall silent, importable by their processes."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.execution.environment import claim_all
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder

_PAUSE = 0.05
"""Seconds between two attempts to claim a task that a dead worker held."""

_SLACK = 0.5
"""Seconds for which claims go on after the queue certainly had to deliver the task again."""


def tasks_of(contract: Contract) -> dict[str, dict[str, Any]]:
    """Return plain tasks, and one for each option of the queue: the label and the options."""
    several = {"max_attempts": 5} if Capability.MAX_ATTEMPTS in contract.capabilities else {}
    ways: dict[str, tuple[Capability, dict[str, Any]]] = {
        "plain": (Capability.COMPLETE, {}),
        "second": (Capability.COMPLETE, {}),
        "keyed": (Capability.KEY, {"key": "order-1"}),
        "urgent": (Capability.PRIORITY, {"priority": 1}),
    }
    return {
        label: {**several, **options}
        for label, (need, options) in ways.items()
        if need in contract.capabilities
    }


def die_with_tasks(recorder: Recorder) -> None:
    """Enqueue a task in each way, release one of them, claim them all and die."""
    for label, options in tasks_of(recorder.contract).items():
        recorder.enqueue(label, **options)
    if recorder.can(Capability.RELEASE) and (delivery := recorder.claim()) is not None:
        recorder.release(delivery)
    claim_all(recorder, complete=False)
    recorder.die()


def take_over(recorder: Recorder) -> None:
    """Wait for the tasks of a dead worker, and complete them."""
    complete_all(recorder, noticed_after(recorder.contract))


def complete_all(recorder: Recorder, seconds: float) -> bool:
    """Wait for the tasks of a dead worker and complete them. Return True if all have come.

    seconds: how long to wait for each of them.
    """
    for _ in range(len(tasks_of(recorder.contract))):
        delivery = await_task(recorder, seconds)
        if delivery is None:
            return False
        recorder.complete(delivery)
    return True


def take_over_and_die(recorder: Recorder, *, stopped: float) -> None:
    """Wait for the task of a stopped worker, hold it until that one has continued, and die.

    stopped: seconds for which the worker is stopped beyond the time to notice it.
    """
    since = recorder.clock.now()
    if await_task(recorder, noticed_after(recorder.contract)) is not None:
        passed = (recorder.clock.now() - since) / SECOND
        recorder.clock.wait(max(recorder.contract.notice + stopped + 1 - passed, 0))
        recorder.die()


def claim_and_complete(recorder: Recorder) -> None:
    """Claim a task, beat for long if the queue has beats, and complete it.

    A fault strikes after the claim.
    """
    delivery = recorder.claim()
    if delivery is not None and recorder.can(Capability.EXTEND):
        delivery = recorder.extend(delivery, 20 * recorder.contract.notice) or delivery
    if delivery is not None:
        recorder.complete(delivery)


def work_and_beat(recorder: Recorder) -> None:
    """Claim a task and work for longer than the queue needs to notice a death, with a beat."""
    delivery = recorder.claim()
    seconds = recorder.contract.notice
    for _ in range(3):
        if delivery is not None:
            delivery = recorder.extend(delivery, seconds)
            recorder.clock.wait(seconds / 2)
    if delivery is not None:
        recorder.complete(delivery)


def watch(recorder: Recorder) -> None:
    """Claim, again and again, while another worker holds the only task."""
    await_task(recorder, 1.5 * recorder.contract.notice)


def claim_and_die(recorder: Recorder, *, failures: int, patience: float) -> None:
    """Wait for a task, claim it and die. Return if no task comes in time.

    failures: attempts before this one.
    patience: seconds to wait at most.
    """
    seconds = min(noticed_after(recorder.contract, failures), patience)
    if await_task(recorder, seconds) is not None:
        recorder.die()


def look_for_the_dead(recorder: Recorder) -> None:
    """Wait until the queue has noticed a death, and read the dead letters."""
    contract = recorder.contract
    await_task(recorder, noticed_after(contract) + contract.resolution)
    recorder.dead_letters()


def noticed_after(contract: Contract, failures: int = 1) -> float:
    """Return the seconds after which the task of a dead worker must be claimable.

    failures: those of the task, with the worker's death, which may count as a failure.
    """
    retry = contract.retry.wait(max(failures, 1))[1] if contract.retry is not None else 0.0
    return contract.notice + contract.resolution + retry


def await_task(recorder: Recorder, seconds: float) -> Delivery | None:
    """Claim until a task comes. Return None if none has come for `seconds`, and a moment more."""
    since = recorder.clock.now()
    while (delivery := _claim(recorder)) is None:
        if recorder.clock.now() - since > (seconds + _SLACK) * SECOND:
            return None
        recorder.clock.wait(_PAUSE)
    return delivery


def _claim(recorder: Recorder) -> Delivery | None:
    if recorder.can(Capability.RECLAIM):
        recorder.reclaim()
    return recorder.claim()
