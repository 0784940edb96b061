"""Steps that several families share, and the error of a script that cannot continue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.model.capabilities import Capability, Retry
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder

DAY = 86_400.0
"""Seconds of a day."""

BRIEF = 5.0
"""Seconds of a lease: longer than any worker of a race needs, short enough to wait for."""

FRACTION = 0.9
"""Seconds of a lease that is over at once if its fraction is cut off."""

_LASTING = 5
"""Attempts that no script uses up, but those about the limit itself."""


def lasting(actor: Recorder) -> dict[str, int]:
    """Return the options of a task that is delivered again, if the queue gives few attempts."""
    retry = actor.contract.retry
    few = retry is not None and retry.max_attempts < _LASTING
    return {"max_attempts": _LASTING} if few and actor.can(Capability.MAX_ATTEMPTS) else {}


def once(actor: Recorder) -> dict[str, int]:
    """Return the options of a task with one attempt, if a task can choose its number."""
    return {"max_attempts": 1} if actor.can(Capability.MAX_ATTEMPTS) else {}


def promised_retry(env: Environment) -> Retry:
    """Return the declared retries. Raises NotRunError if there are none."""
    promise = env.contract.retry
    if promise is None:
        raise NotRunError("the contract declares no Retry", kind="unsupported")
    return promise


def too_many(attempts: int, most: int) -> NotRunError:
    """Return the error of a script for which a task gets too many attempts."""
    return NotRunError(
        f"needs at most {most} attempts (declared: max_attempts={attempts})", kind="unsupported"
    )


def fail_until_dead(env: Environment, attempts: int) -> None:
    """Claim and fail `attempts` times, and let the longest declared wait pass after each."""
    worker, promise = env.actor("worker"), promised_retry(env)
    for failures in range(1, attempts + 1):
        worker.fail(take(worker))
        env.outlast(promise.wait(failures)[1])


def labels(count: int, stem: str = "task") -> list[str]:
    """Return `count` labels, numbered from 1: "task-1", "task-2"."""
    return [f"{stem}-{number}" for number in range(1, count + 1)]


def enqueue_all(actor: Recorder, names: Iterable[str], **options: Any) -> None:
    """Enqueue one task per label, in order, all with the same options."""
    for name in names:
        actor.enqueue(name, **options)
        let_order_settle(actor)


def let_order_settle(actor: Recorder) -> None:
    """Wait until the next task certainly comes later in the order than the last one."""
    resolution = actor.contract.order.resolution
    if resolution:
        actor.clock.wait(resolution)


def take(actor: Recorder, **options: Any) -> Delivery:
    """Claim a task that the script needs.

    Raises NotRunError if none is delivered: other rules judge that, and this rule cannot continue.
    """
    delivery = actor.claim(**options)
    if delivery is None:
        raise NotRunError(
            f"{actor.actor!r} received no task, so the rule was not exercised; see the CLAIM rules "
            "first",
            kind="unexercised",
        )
    return delivery


def take_in_each_way(
    env: Environment, worker: str, stem: str = "task", **options: Any
) -> list[Delivery]:
    """Enqueue tasks and claim them: the first alone, and two in a batch if its lease is known."""
    producer, actor = env.actor("producer"), env.actor(worker)
    enqueue_all(producer, labels(1, stem), **lasting(producer))
    taken = [take(actor, **options)]
    if env.contract.leases_batches:
        enqueue_all(producer, labels(2, f"{stem}-in-batch"), **lasting(producer))
        taken += actor.claim_many(2, **options)
    return taken


def work(actor: Recorder) -> Delivery | None:
    """Claim a task, and complete it if the queue has completions."""
    delivery = actor.claim()
    if delivery is not None and actor.can(Capability.COMPLETE):
        actor.complete(delivery)
    return delivery


def expire(env: Environment) -> None:
    """Let every lease expire, and wait until the tasks can be claimed again.

    A queue may count an expired lease as a failure, and then delays the task as after a failure.
    """
    env.outlast(env.lease)
    expire_now(env)


def expire_now(env: Environment) -> None:
    """Let the queue notice that every lease is over, and wait until the tasks can be claimed."""
    reclaim(env)
    retry = env.contract.retry
    if retry is not None and retry.wait(1)[1] > 0:
        env.outlast(retry.wait(1)[1])
        reclaim(env)


def claim_back(env: Environment, actor: Recorder, *, failures: int = 1) -> Delivery | None:
    """Claim a task after its lease has expired.

    A queue may notice the expired lease only at a claim, and delay the task from then on as after
    `failures` failures. In that case, wait and claim again.
    """
    delivery, retry = actor.claim(), env.contract.retry
    if delivery is None and retry is not None and retry.wait(failures)[1] > 0:
        env.outlast(retry.wait(failures)[1])
        delivery = actor.claim()
    return delivery


def reclaim(env: Environment) -> None:
    """Reclaim expired leases, if the queue has a call for it."""
    keeper = env.actor("keeper")
    if keeper.can(Capability.RECLAIM):
        keeper.reclaim()


def take_over(
    env: Environment, *, heir: str = "heir", label: str = "task-1"
) -> tuple[Delivery, Delivery]:
    """Let the lease of `late` expire and the heir claim its task; return both deliveries.

    The heir claims before the queue is told to reclaim. If `late` itself is the heir, the queue
    reclaims first.
    """
    producer = env.actor("producer")
    producer.enqueue(label, **lasting(producer))
    old = take(env.actor("late"))
    env.outlast(env.lease)
    new = env.actor(heir).claim() if heir != "late" else None
    if new is None:
        expire_now(env)
        new = claim_back(env, env.actor(heir))
    if new is None:
        raise not_redelivered(heir, label)
    return old, new


def look_for_held(env: Environment, *, after_failure: bool) -> None:
    """Claim a task that the heir holds: halfway through its lease, and after each retry wait."""
    retry = env.contract.retry if after_failure else None
    waits = {retry.wait(failures)[1] for failures in (1, 2, 3)} if retry is not None else set()
    passed, most = 0.0, env.lease - env.contract.resolution - 1.0
    for moment in sorted({0.5 * env.lease, *(wait for wait in waits if wait < most)}):
        env.outlast(moment - passed)
        passed = moment
        reclaim(env)
        env.actor("other").claim()


def not_redelivered(heir: str, label: str) -> NotRunError:
    """Return the error of a script that cannot go on because a takeover failed."""
    return NotRunError(
        f"{heir!r} did not receive {label} after its lease expired, so the rule was not "
        "exercised; see LEASE-1 first",
        kind="unexercised",
    )


def require_virtual_clock(env: Environment) -> None:
    """Raise NotRunError if a month cannot pass."""
    if not env.clock.virtual:
        raise NotRunError(
            "needs 30 days to pass, but the kit's clock does not control this queue", kind="clock"
        )


def within_fraction(env: Environment) -> None:
    """Try to claim a task twice before a lease of a fraction of a second ends."""
    for seconds in (0.5 * FRACTION, 0.3 * FRACTION):
        env.wait(seconds)
        reclaim(env)
        env.actor("other").claim()
