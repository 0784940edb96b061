"""Moves that the scripts of several families share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.recording.recorder import Delivery, Recorder

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


def expire(env: Environment) -> None:
    """Let every lease run out, until the tasks may be claimed again.

    A queue may count a lease that ran out as a failure, and let the task wait as after one.
    """
    env.outlast(env.lease)
    reclaim(env)
    retry = env.contract.retry
    if retry is not None and retry.wait(1)[1] > 0:
        env.outlast(retry.wait(1)[1])
        reclaim(env)


def claim_back(env: Environment, actor: Recorder, *, failures: int = 1) -> Delivery | None:
    """Claim a task whose lease has run out.

    A queue may notice that only when somebody claims, and let the task wait from then on, as
    after so many failures: then claim once more.
    """
    delivery, retry = actor.claim(), env.contract.retry
    if delivery is None and retry is not None and retry.wait(failures)[1] > 0:
        env.outlast(retry.wait(failures)[1])
        delivery = actor.claim()
    return delivery


def reclaim(env: Environment) -> None:
    """Have expired leases reclaimed, where there is a call for it."""
    keeper = env.actor("keeper")
    if keeper.can(Capability.RECLAIM):
        keeper.reclaim()


def take_over(
    env: Environment, *, heir: str = "heir", label: str = "task"
) -> tuple[Delivery, Delivery]:
    """Let one worker's lease run out and another take its task: the old delivery and the new."""
    env.actor("producer").enqueue(label)
    old = take(env.actor("late"))
    expire(env)
    new = claim_back(env, env.actor(heir))
    if new is None:
        raise NotRunError(f"{heir!r} was not given the task whose lease had run out")
    return old, new
