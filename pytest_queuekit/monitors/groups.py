"""Workers hold no more tasks of one group at a time than declared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseInterval, LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import latest
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, tasks_with
from pytest_queuekit.monitors.timeline.wording import actor, when


def groups(history: History, contract: Contract) -> list[Violation]:
    """Report `group-overfull`: a delivery while workers certainly held as many as the limit."""
    leases = history.derived(LeaseIntervals, contract)
    held: dict[str, list[_Hold]] = defaultdict(list)
    for task in tasks_with(history, "group"):
        group = group_of(task.enqueues[0]) if len(task.enqueues) == 1 else None
        if group is not None:
            held[group] += (_hold(task, leases.of(delivery)) for delivery in task.deliveries)
    return smallest(
        wrong
        for group, holds in held.items()
        for wrong in _overfull(history, contract, group, holds)
    )


class _Hold(NamedTuple):
    """A claim that certainly holds its task from the end of the claim until a moment."""

    claim: Operation
    until: float


def _hold(task: TaskHistory, interval: LeaseInterval) -> _Hold:
    """Return the hold of a delivery. A requeue of the task may end it, rightly or wrongly."""
    claim = interval.delivery.claim
    requeues = (call.start for call in task.requeues if latest(call) >= claim.start)
    return _Hold(claim, min([interval.held_until, *requeues]))


def _overfull(
    history: History, contract: Contract, group: str, holds: list[_Hold]
) -> Iterator[Violation]:
    """Find moments at which more deliveries than the limit certainly held their tasks.

    A delivery certainly holds its task from the claim's end. Counter-example with a limit of 1:
    claim t [2, 6], complete t [6, 7], claim u [3, 8] is legal.
    """
    certain: list[_Hold] = []
    for hold in sorted(holds, key=lambda hold: latest(hold.claim)):
        since = latest(hold.claim)
        if since >= hold.until:
            continue
        certain = [held for held in certain if held.until > since]
        # One task delivered twice is one task of its group; `exclusive` reports that.
        others = {held.claim.task: held.claim for held in certain}
        others.pop(hold.claim.task, None)
        if len(others) >= contract.group_limit:
            yield _violation(history, contract, group, hold.claim, list(others.values()))
        certain.append(hold)


def _violation(
    history: History, contract: Contract, group: str, claim: Operation, holders: list[Operation]
) -> Violation:
    names = " and ".join(
        f"{actor(holder)} still held {holder.task} (claimed {when(history, holder)})"
        for holder in holders
    )
    return violation(
        "group-overfull",
        "More tasks of a group held than its limit",
        f"{actor(claim)} claimed {claim.task} of group {group} {when(history, claim)} although "
        f"{names} of the same group (declared `group_limit={contract.group_limit}`).",
        *holders,
        claim,
    )
