"""Batches of unknown outcome that were certainly added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.monitors.timeline.tasks import tasks_of


def added_batches(history: History) -> Mapping[int, Operation]:
    """Map enqueues of unknown outcome, by number, to a claim that received a task of their batch.

    A queue adds all tasks of a batch or none, so that the claim proves that it added them all. It
    is the first to end. A batch with idempotency keys proves nothing: a key may keep a task out.
    """
    batches: dict[tuple[str, int], list[Operation]] = defaultdict(list)
    for enqueue in history.by(Verb.ENQUEUE):
        if enqueue.outcome is Outcome.UNKNOWN and "batch" in enqueue.arguments:
            batches[enqueue.actor, enqueue.start].append(enqueue)
    tasks = tasks_of(history) if batches else {}
    added: dict[int, Operation] = {}
    for batch in batches.values():
        if any("key" in enqueue.arguments for enqueue in batch):
            continue
        claims = [
            (delivery.claim.end, delivery.claim)
            for enqueue in batch
            if enqueue.task is not None and tasks[enqueue.task].only_enqueue is not None
            for delivery in tasks[enqueue.task].deliveries
            if delivery.claim.end is not None
        ]
        if claims:
            _, first = min(claims, key=lambda claim: claim[0])
            added |= {enqueue.number: first for enqueue in batch}
    return added
