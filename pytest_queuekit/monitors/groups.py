"""Workers hold no more tasks of one group at a time than declared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseInterval, LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import latest
from pytest_queuekit.monitors.timeline.tasks import tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, when


def groups(history: History, contract: Contract) -> list[Violation]:
    """Report `group-overfull`: a delivery while workers certainly held as many as the limit."""
    leases = history.derived(LeaseIntervals, contract)
    held: dict[str, list[LeaseInterval]] = defaultdict(list)
    for task in tasks_of(history).values():
        group = group_of(task.only_enqueue) if task.only_enqueue is not None else None
        if group is not None:
            held[group] += map(leases.of, task.deliveries)
    return smallest(
        wrong
        for group, intervals in held.items()
        for wrong in _overfull(history, contract, group, intervals)
    )


def _overfull(
    history: History, contract: Contract, group: str, intervals: list[LeaseInterval]
) -> Iterator[Violation]:
    """Find moments at which more deliveries than the limit certainly held their tasks.

    A delivery certainly holds its task from the claim's end. Counter-example with a limit of 1:
    claim t [2, 6], complete t [6, 7], claim u [3, 8] is legal.
    """
    certain: list[LeaseInterval] = []
    for interval in sorted(intervals, key=lambda interval: latest(interval.delivery.claim)):
        since = latest(interval.delivery.claim)
        if since >= interval.held_until:
            continue
        certain = [held for held in certain if held.held_until > since]
        # One task delivered twice is one task of its group; `exclusive` reports that.
        label = interval.delivery.claim.task
        others = {held.delivery.claim.task: held for held in certain}
        others.pop(label, None)
        if len(others) >= contract.group_limit:
            yield _violation(history, contract, group, interval, list(others.values()))
        certain.append(interval)


def _violation(
    history: History,
    contract: Contract,
    group: str,
    interval: LeaseInterval,
    certain: list[LeaseInterval],
) -> Violation:
    claim, holders = interval.delivery.claim, [held.delivery.claim for held in certain]
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
