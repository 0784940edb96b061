"""The end of every walk: drain the queue, and try what must still work after that."""

from __future__ import annotations

from pytest_queuekit.execution.waits import longest_wait
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.walks.walker import Walker

COLLECTOR = "collector"
"""The actor of the end."""
REGIONS = ("EU", "US")
"""The values of the one capability that tasks of a walk may need."""

_SPARE = 10
"""Claims of a drain beyond three for each task; some broken queues hand out a task for ever."""


def finish(walker: Walker) -> None:
    """Outlast every lease, delay and retry, drain the queue, and use it once more."""
    collector = walker.actor(COLLECTOR)
    _look(collector)
    # A queue may count an expired lease as a failure, from the claim that notices it: wait twice.
    for _ in range(2 if walker.env.clock.virtual else 1):
        _outlast(walker)
        if collector.can(Capability.RECLAIM):
            collector.reclaim()
        emptied = _drain(walker, collector)
    walker.env.drained = emptied and walker.env.clock.virtual
    _look(collector)
    if collector.can(Capability.PURGE):
        collector.purge()
    for key in walker.keys:
        walker.enqueue(COLLECTOR, {"key": key})
    walker.enqueue(COLLECTOR, {})
    _drain(walker, collector)
    _look(collector)


def _outlast(walker: Walker) -> None:
    env = walker.env
    if env.clock.virtual:
        lease = env.lease + walker.longest_lease + walker.extended
        operations = env.log.operations()
        env.outlast(max(lease, longest_wait(operations, env.contract, lease)))


def _look(actor: Recorder) -> None:
    if actor.can(Capability.STATS):
        actor.stats()
    if actor.can(Capability.DEAD_LETTERS):
        actor.dead_letters()


def _drain(walker: Walker, collector: Recorder) -> bool:
    """Claim and complete all tasks. Return True if the queue answered that it is empty."""
    able = {"region": list(REGIONS)}
    options = {"capabilities": able} if collector.can(Capability.ROUTING) else {}
    for _ in range(3 * len(walker.labels) + _SPARE):
        delivery = collector.claim(**options)
        if delivery is None:
            return collector.last is not None and collector.last.is_empty
        if collector.can(Capability.COMPLETE):
            collector.complete(delivery)
    return False
