"""A delivered task was enqueued, and its payload is unchanged."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import CONVERTED, UNRECOGNISED, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, happens, tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, when


def no_phantom(history: History, contract: Contract) -> list[Violation]:
    """Report deliveries without a matching enqueue.

    `invented`: no enqueue can have added the task by then; `refused-but-kept`: every such enqueue
    was refused or busy; `changed`: the payload differs from the enqueued one. A queue for JSON may
    deliver it as JSON gives it back; `converted_payload` reports that.
    """
    return smallest([*_unrecognised(history), *_recognised(history)])


def _unrecognised(history: History) -> Iterator[Violation]:
    for claim in history.by(Verb.CLAIM):
        if claim.task == UNRECOGNISED and claim.is_delivery:
            yield violation(
                "invented",
                "Unknown payload delivered",
                f"{actor(claim)} claimed {_payload(claim)!r:.80} {when(history, claim)}, and no "
                "actor had enqueued that payload.",
                claim,
            )


def _recognised(history: History) -> Iterator[Violation]:
    # A batch that was cut off has no labels: any task may come from it.
    unlabelled = [
        enqueue for enqueue in history.by(Verb.ENQUEUE) if enqueue.task is None and happens(enqueue)
    ]
    for task in tasks_of(history).values():
        for delivery in task.deliveries:
            claim = delivery.claim
            # An enqueue counts from its start: its task may come while the call still runs.
            # Counter-example: enqueue [3, 6], claim [2, 3] is legal.
            sources = [enqueue for enqueue in task.enqueues if not claim.ended_before(enqueue)]
            if sources:
                if claim.result is not None:
                    yield from _changed(history, claim, sources)
            elif all(claim.ended_before(enqueue) for enqueue in unlabelled[:1]):
                yield _invented(history, task, claim)


def _changed(history: History, claim: Operation, sources: list[Operation]) -> Iterator[Violation]:
    received = _payload(claim)
    sent = [enqueue.arguments.get("payload") for enqueue in sources]
    converted = [enqueue.arguments.get(CONVERTED) for enqueue in sources]
    if received is None or None in sent or received in (*sent, *converted):
        return
    source = sources[0]
    yield violation(
        "changed",
        "Payload changed",
        f"{actor(claim)} claimed {claim.task} {when(history, claim)} as {received!r:.80} although "
        f"{actor(source)} had enqueued it {when(history, source)} as {sent[0]!r:.80}.",
        source,
        claim,
    )


def _invented(history: History, task: TaskHistory, claim: Operation) -> Violation:
    declined = next((enqueue for enqueue in task.declined if not claim.ended_before(enqueue)), None)
    delivered = f"{actor(claim)} claimed {task.label} {when(history, claim)}"
    if declined is not None:
        return violation(
            "refused-but-kept",
            "Refused task delivered",
            f"{delivered} although its enqueue by {actor(declined)} {when(history, declined)} "
            f"ended as '{declined.outcome}'.",
            declined,
            claim,
        )
    return violation(
        "invented",
        "Task delivered before its enqueue" if task.enqueues else "Task never enqueued delivered",
        f"{delivered} before any enqueue of it started.",
        claim,
        *task.enqueues,
    )


def _payload(claim: Operation) -> object:
    return claim.result.get("payload") if isinstance(claim.result, dict) else None
