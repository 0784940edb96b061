"""Moves that the scripts of several families share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_queuekit.contract import Capability
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.recorder import Delivery, Recorder
from pytest_queuekit.stage import Stage

DAY = 86_400.0
"""Seconds."""

BRIEF = 5.0
"""Seconds of a lease that no worker of a race outlives, and that a run can wait for if one does."""


def labels(count: int, stem: str = "task") -> list[str]:
    """Return so many labels, numbered from 1."""
    return [f"{stem}-{number}" for number in range(1, count + 1)]


def enqueue_all(actor: Recorder, names: Iterable[str], **options: Any) -> None:
    """Enqueue a task under each label, one after the other, all with the same options."""
    for name in names:
        actor.enqueue(name, **options)


def take(actor: Recorder, **options: Any) -> Delivery:
    """Claim a task that the rest of the script is about.

    Raises NotRunError where none comes: other rules judge that, and this one has no question left.
    """
    delivery = actor.claim(**options)
    if delivery is None:
        raise NotRunError(f"{actor.actor!r} was given no task to go on with")
    return delivery


def work(actor: Recorder) -> Delivery | None:
    """Claim a task, and complete it where there is such a thing."""
    delivery = actor.claim()
    if delivery is not None and actor.can(Capability.COMPLETE):
        actor.complete(delivery)
    return delivery


def expire(stage: Stage) -> None:
    """Let every lease run out, until the tasks may be claimed again.

    A queue may count a lease that ran out as a failure, and let the task wait as after one.
    """
    stage.outlast(stage.lease)
    reclaim(stage)
    retry = stage.contract.retry
    if retry is not None and retry.wait(1)[1] > 0:
        stage.outlast(retry.wait(1)[1])
        reclaim(stage)


def claim_back(stage: Stage, actor: Recorder, *, failures: int = 1) -> Delivery | None:
    """Claim a task whose lease has run out.

    A queue may notice that only when somebody claims, and let the task wait from then on, as
    after so many failures: then claim once more.
    """
    delivery, retry = actor.claim(), stage.contract.retry
    if delivery is None and retry is not None and retry.wait(failures)[1] > 0:
        stage.outlast(retry.wait(failures)[1])
        delivery = actor.claim()
    return delivery


def reclaim(stage: Stage) -> None:
    """Have expired leases reclaimed, where there is a call for it."""
    keeper = stage.actor("keeper")
    if keeper.can(Capability.RECLAIM):
        keeper.reclaim()


def take_over(
    stage: Stage, *, heir: str = "heir", label: str = "task"
) -> tuple[Delivery, Delivery]:
    """Let one worker's lease run out and another take its task: the old delivery and the new."""
    stage.actor("producer").enqueue(label)
    old = take(stage.actor("late"))
    expire(stage)
    new = claim_back(stage, stage.actor(heir))
    if new is None:
        raise NotRunError(f"{heir!r} was not given the task whose lease had run out")
    return old, new
