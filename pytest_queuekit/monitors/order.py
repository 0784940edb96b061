"""Tasks come in the order that is promised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.coverage import Interval, beaten, cover_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import NEVER, latest, number, span
from pytest_queuekit.monitors.timeline.tasks import Ghosts, Life, lives_of, shared_keys

_TOLD = 20
"""Claims out of order for which a proof is looked for."""


def order(history: History, contract: Contract) -> list[Violation]:
    """Find first deliveries for which better tasks were passed over.

    `priority-order`: one of better priority certainly waited; `fifo-order` and `lifo-order`: one
    of the same priority that was certainly enqueued earlier, or later. A task with a priority is
    not compared with one without: the default is the queue's affair. Only tasks without a delay
    are compared, and only up to the first claim of unknown outcome.
    """
    worlds: dict[bool, list[Life]] = defaultdict(list)
    for life in _simple(history):
        worlds[_has_priority(life, contract)].append(life)
    found = (one for world in worlds.values() for one in _in_world(history, contract, world))
    return smallest(found)


def _simple(history: History) -> Iterator[Life]:
    shared = shared_keys(history)
    for life in lives_of(history).values():
        enqueue = life.enqueue
        if enqueue is not None and not enqueue.arguments.get("delay") and life.task not in shared:
            yield life


def _has_priority(life: Life, contract: Contract) -> bool:
    given = number(life.enqueues[0].arguments.get("priority"))
    return contract.order.priority is not None and given is not None


def _in_world(history: History, contract: Contract, lives: list[Life]) -> Iterator[Violation]:
    haunted = Ghosts.of(history).first
    # What never came though claims went on to the end is lost: that is said elsewhere.
    there = [
        one
        for life in lives
        if life.first is not None or not history.drained
        for one in _waiting(life, contract, haunted)
    ]
    probes = [one for life in lives for one in _claimed(life, contract)]
    for probe in beaten(there, probes)[:_TOLD]:
        better = (one for one in there if one.rank < probe.rank)
        yield _violation(history, contract, probe, cover_of(probe, better))


def _waiting(life: Life, contract: Contract, haunted: float) -> Iterator[Interval]:
    """Return when a task that goes to any worker certainly waited for its first delivery."""
    enqueue = life.enqueues[0]
    if not enqueue.ok or enqueue.end is None or enqueue.arguments.get("capabilities"):
        return
    taken = NEVER if life.first is None else life.first.start
    gone = min((one.start for one in life.cancels), default=NEVER)
    until = min(taken, gone, haunted)
    if enqueue.end < until:
        yield Interval(enqueue.end, until, life, _rank(enqueue, contract, there=True))


def _claimed(life: Life, contract: Contract) -> Iterator[Interval]:
    """Return when a task was taken out for the first time."""
    enqueue, claim = life.enqueues[0], life.first
    if claim is not None and claim.end is not None and enqueue.start <= claim.end:
        start = max(claim.start, enqueue.start)
        yield Interval(start, claim.end, life, _rank(enqueue, contract, there=False))


def _rank(enqueue: Operation, contract: Contract, *, there: bool) -> tuple[float, float]:
    """Rank a waiting task (there), or say which rank beats a claimed one.

    Among equals FIFO: ended before the other began. LIFO: began after the other ended.
    """
    direction = {"lower-first": 1, "higher-first": -1, None: 0}[contract.order.priority]
    priority = direction * (number(enqueue.arguments.get("priority")) or 0)
    end = latest(enqueue)
    ties = {
        "fifo": (end, enqueue.start),
        "lifo": (-enqueue.start, -end),
        "none": (0, -NEVER),
    }
    return priority, ties[contract.order.ties][0 if there else 1]


def _violation(
    history: History, contract: Contract, probe: Interval, better: Sequence[Interval]
) -> Violation:
    life: Life = probe.what
    passed: list[Life] = [one.what for one in better]
    claim = life.first
    assert claim is not None  # noqa: S101 - only what was delivered is probed
    same = all(one.rank[0] == probe.rank[0] for one in better)
    kind = f"{contract.order.ties}-order" if same else "priority-order"
    names = ", then ".join(_told(history, one) for one in passed)
    witness: list[Any] = [life.enqueues[0], claim]
    for one in passed:
        witness += [one.enqueues[0], one.first]
    return violation(
        kind,
        f"{claim.actor} was handed task {_told(history, life)} in {span(history, claim)}, while "
        f"task {names} waited and should have gone first",
        *witness,
    )


def _priority(life: Life) -> Any:
    return life.enqueues[0].arguments.get("priority")


def _told(history: History, life: Life) -> str:
    enqueue = life.enqueues[0]
    given = _priority(life)
    priority = "" if given is None else f", priority {given}"
    return f"{life.task} (enqueued {span(history, enqueue)}{priority})"
