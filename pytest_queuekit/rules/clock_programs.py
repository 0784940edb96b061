"""The programs of CLOCK in which the wall clock is set."""

from __future__ import annotations

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.clock import VirtualClock
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import CLOCK_SET, SECOND
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.steps import DAY, enqueue_all, expire_now, labels, lasting, take, work

_HOUR = 3600
_MINUTE = 60


def virtual_clock(env: Environment) -> VirtualClock:
    """Return the clock of the run. Raises NotRunError if the kit cannot set it."""
    if not isinstance(env.clock, VirtualClock):
        raise NotRunError(
            "needs to set the clock, but the kit's clock does not control this queue", kind="clock"
        )
    return env.clock


def _in_all_states(env: Environment) -> Delivery | None:
    """Leave tasks that wait, are delayed, held by three workers, failed, released and done.

    Return what the last of these workers received. The last call is another worker's.
    """
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, ["held", "abandoned", "failed", "done"])
    take(worker)
    take(env.actor("vanished"))
    if worker.can(Capability.RETRY):
        worker.fail(take(worker))
    work(worker)
    enqueue_all(producer, labels(5, "waiting"))
    if producer.can(Capability.DELAY):
        producer.enqueue("delayed", delay=10 * _MINUTE)
    held = env.actor("holder").claim()
    _give_back(worker)
    return held


def _give_back(worker: Recorder) -> None:
    """Release a task, if there are any."""
    delivery = worker.claim()
    if delivery is not None and worker.can(Capability.RELEASE):
        worker.release(delivery)


def _come_back(env: Environment, stem: str) -> None:
    """Enqueue tasks now, and let one be released, one be failed, one be delayed and one expire."""
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(3, stem), **lasting(producer))
    if producer.can(Capability.DELAY):
        producer.enqueue(f"{stem}-delayed", delay=_MINUTE)
    _give_back(worker)
    if worker.can(Capability.RETRY) and (delivery := worker.claim()):
        worker.fail(delivery)
    env.actor("vanished").claim()
    env.claim_all("worker")
    env.outlast(_MINUTE, "a delay to end")
    env.claim_all("worker")
    env.outlast(env.lease)
    for _ in range(2):  # a queue may notice the expired lease only at a claim
        expire_now(env)
        env.claim_all("worker")


def _step(env: Environment, last: Recorder, seconds: float) -> None:
    """Set the wall clock. last: the actor of the last call, which the history marks."""
    virtual_clock(env).step(seconds)
    last.note(**{CLOCK_SET: seconds})


def set_back(env: Environment) -> None:
    """Set the clock back an hour, and later to the very moment at which tasks were enqueued.

    A queue may keep back what it knew before for as long, but nothing that came after.
    """
    producer, holder = env.actor("producer"), env.actor("holder")
    held = _in_all_states(env)
    _step(env, env.actor("worker"), -_HOUR)
    producer.enqueue("after-an-hour-back")
    if held is not None and producer.can(Capability.COMPLETE):
        holder.complete(held)
    env.claim_all("worker")
    _come_back(env, "hour-back")
    begun = virtual_clock(env).wall()
    enqueue_all(producer, labels(5, "before"))
    env.wait(10 * _MINUTE)
    _step(env, producer, (begun - virtual_clock(env).wall()) / SECOND)
    enqueue_all(producer, labels(5, "again"))
    env.claim_all("worker")
    env.wait(2 * _HOUR)
    env.settle()


def set_forward(env: Environment) -> None:
    """Set the clock forward a day; a worker that held a task comes late."""
    holder = env.actor("holder")
    held = _in_all_states(env)
    _step(env, env.actor("worker"), DAY)
    env.actor("producer").enqueue("after-a-day")
    env.claim_all("worker")
    if held is not None and holder.can(Capability.COMPLETE):
        holder.complete(held)
    _come_back(env, "day-later")
    env.settle()
