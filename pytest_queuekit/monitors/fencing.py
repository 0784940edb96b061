"""A worker that lost its task can no longer acknowledge it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Arrival, available_intervals
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.losses import EmptyClaims
from pytest_queuekit.monitors.timeline.moments import NEVER, latest
from pytest_queuekit.monitors.timeline.tasks import DeliveredTask, TaskHistory, tasks_of
from pytest_queuekit.monitors.timeline.wording import NOUNS, PAST, actor, when


def fencing(history: History, contract: Contract) -> list[Violation]:
    """Report acknowledgements that took effect although another worker had taken over the task.

    An answer of ok is not enough, since some libraries refuse silently. The effect decides:
    `stale-shut-out`: the queue then refused the new holder's own acknowledgement;
    `stale-gave-back`: the queue delivered the task again while the new holder held it;
    `stale-swallowed`: the task was never delivered again although the new holder did not finish it.
    The old delivery is one of the same task, or of an earlier task that had the same id.
    """
    effects = _StaleEffects(history, contract)
    return smallest(
        effect
        for task, old, place in _handovers(history)
        if len(task.enqueues) < 2
        for new in [task.deliveries[place]]
        for stale in _stale(old, new)
        for effect in effects.of(
            _Takeover(task=task, old=old, new=new, stale=stale, later=task.deliveries[place + 1 :])
        )
    )


def _handovers(history: History) -> Iterator[tuple[TaskHistory, DeliveredTask, int]]:
    """Yield a task, an earlier delivery of it or of its id, and the place of the next delivery.

    A queue that gives the id of a purged task again, as SQLite does with a rowid, may take a late
    call on the old task for one on the new task (https://www.sqlite.org/autoinc.html).
    """
    tasks = tasks_of(history)
    for task in tasks.values():
        yield from ((task, old, place) for place, old in enumerate(task.deliveries[:-1], start=1))
    last: dict[str, DeliveredTask] = {}
    identified = [
        (delivery.claim.number, str(task_id), task, place)
        for task in tasks.values()
        for place, delivery in enumerate(task.deliveries)
        if (task_id := _task_id(delivery.claim)) is not None
    ]
    for _, task_id, task, place in sorted(identified, key=itemgetter(0)):
        before = last.get(task_id)
        if before is not None and before.claim.task != task.label:
            yield task, before, place
        last[task_id] = task.deliveries[place]


def _task_id(claim: Operation) -> object:
    return claim.result.get("task_id") if isinstance(claim.result, Mapping) else None


@dataclass(frozen=True, kw_only=True)
class _Takeover:
    """A stale acknowledgement and the deliveries around it.

    task: the task.
    old, new: the delivery of the worker that lost the task, and of the worker that took it over.
        With an id that was given twice, `old` is a delivery of the earlier task.
    stale: the acknowledgement of `old` that was answered ok after the takeover.
    later: the deliveries after `new`.
    """

    task: TaskHistory
    old: DeliveredTask
    new: DeliveredTask
    stale: Operation
    later: Sequence[DeliveredTask]


def _stale(old: DeliveredTask, new: DeliveredTask) -> list[Operation]:
    """Return what was accepted from the old holder after the new one certainly had the task.

    An acknowledgement that overlaps the new claim may have come first. Counter-example: complete
    by `a` [12, 14], claim by `b` [13, 15]: the completion is in time.
    """
    if not old.claim.ended_before(new.claim):
        return []
    return [said for said in old.acknowledgements if said.ok and new.claim.ended_before(said)]


class _StaleEffects:
    """Finds the effects of stale acknowledgements."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._leases = history.derived(LeaseIntervals, contract)
        self._lost = _never_again(history, contract)

    def of(self, takeover: _Takeover) -> Iterator[Violation]:
        """Yield the proofs that a stale acknowledgement took effect."""
        stale, new = takeover.stale, takeover.new
        refusal = self._shut_out(takeover)
        if refusal is not None:
            effect = (
                f"The queue then refused the {NOUNS[refusal.verb]} by {actor(refusal)} "
                f"{when(self._history, refusal)}."
            )
            yield self._violation("stale-shut-out", takeover, effect, refusal)
        third = self._given_back(takeover)
        if third is not None:
            effect = f"{actor(third)} then claimed the task {when(self._history, third)}."
            yield self._violation("stale-gave-back", takeover, effect, third)
        empty = self._lost.get(new.claim.number)
        if empty is not None and stale.verb is Verb.COMPLETE:
            effect = (
                "The task was never delivered again: the last claim, by "
                f"{actor(empty)} {when(self._history, empty)}, returned empty."
            )
            yield self._violation("stale-swallowed", takeover, effect, empty)

    def _shut_out(self, takeover: _Takeover) -> Operation | None:
        task, new = takeover.task, takeover.new
        return next(
            (
                said
                for said in new.acknowledgements
                if said.outcome is Outcome.REFUSED
                and takeover.stale.ended_before(said)
                and self._leases.must_accept(task, new, said)
            ),
            None,
        )

    def _given_back(self, takeover: _Takeover) -> Operation | None:
        """Return the claim that received the task after a stale release, while it was held."""
        new, stale = takeover.new, takeover.stale
        if stale.verb not in (Verb.RELEASE, Verb.FAIL):
            return None
        held_until = self._leases.of(new).held_until
        for claim in (delivery.claim for delivery in takeover.later):
            if claim.start >= held_until:
                return None
            # The claim must end before the lease may end: it may look at its very end.
            if new.claim.ended_before(claim) and stale.start <= latest(claim) < held_until:
                return claim
        return None

    def _violation(
        self, kind: str, takeover: _Takeover, effect: str, proof: Operation
    ) -> Violation:
        stale, claim = takeover.stale, takeover.new.claim
        theirs = "it"
        if stale.task != claim.task:
            theirs = (
                f"{claim.task}, a later task with the same id ({claim.result['task_id']!r:.20}),"
            )
        return violation(
            kind,
            f"Stale {NOUNS[stale.verb]} accepted",
            f"{actor(stale)} {PAST[stale.verb]} {stale.task} {when(self._history, stale)} although "
            f"{actor(claim)} had claimed {theirs} {when(self._history, claim)}. {effect}",
            takeover.old.claim,
            claim,
            stale,
            proof,
        )


def _never_again(history: History, contract: Contract) -> dict[int, Operation]:
    """Map the claims whose task should have come again, and did not, to the last empty claim."""
    empty_claims = history.derived(EmptyClaims)
    never: dict[int, Operation] = {}
    for interval in available_intervals(history, contract) if history.drained else []:
        if interval.arrival is Arrival.EXPIRED and interval.until == NEVER:
            empty = empty_claims.last_for(interval.enqueue)
            if empty is not None and interval.ready < empty.start:
                never[interval.cause[0].number] = empty
    return never
