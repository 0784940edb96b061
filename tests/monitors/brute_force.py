"""Small random histories with leases, and an exhaustive search for an explanation of one.

The search tries every order of the calls, every moment of each and both futures of a call of
unknown outcome, on a first-in-first-out queue with leases and tokens. Moments are whole seconds:
all bounds are, and each comparison of two moments allows them to be equal, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from pytest_queuekit.model.history import SECOND, History, Operation, Outcome, Verb

LEASE = 5
"""Seconds."""
_LATE = LEASE + 2
"""Seconds after the last end until which a call of unknown outcome may take effect."""


@dataclass(frozen=True)
class _Task:
    """A task in the queue. claim: of its last delivery; None before the first one."""

    label: str
    claim: int | None = None
    held: bool = False
    until: int = 0
    done: bool = False

    def may_be_free(self, now: int) -> bool:
        return not self.done and (not self.held or self.until <= now)

    def must_be_free(self, now: int) -> bool:
        return not self.done and (not self.held or self.until < now)

    def may_count(self, call: Operation) -> bool:
        """Return True if an acknowledgement may count: no other delivery came, even if late."""
        return self.claim == call.claim and self.held and not self.done

    def must_count(self, call: Operation, now: int) -> bool:
        return self.may_count(call) and now < self.until


_Queue = tuple[_Task, ...]


def explained(history: History) -> bool:
    """Return True if a correct queue may have given these answers."""
    horizon = max(call.end or call.start for call in history) // SECOND + _LATE
    return _search(history.operations, (), 0, horizon, set())


def _search(
    left: tuple[Operation, ...],
    queue: _Queue,
    now: int,
    horizon: int,
    failed: set[tuple[tuple[int, ...], _Queue, int]],
) -> bool:
    if all(call.outcome is Outcome.UNKNOWN for call in left):
        return True  # none of them happened
    state = (tuple(call.number for call in left), queue, now)
    if state in failed:
        return False
    for call in left:
        rest = tuple(other for other in left if other is not call)
        if any(other.ended_before(call) for other in rest if other.outcome is not Outcome.UNKNOWN):
            continue
        unknown = call.outcome is Outcome.UNKNOWN
        last = horizon if unknown or call.end is None else call.end // SECOND
        for moment in range(max(now, call.start // SECOND), last + 1):
            for after in _effects(call, queue, moment):
                if _search(rest, after, moment, horizon, failed):
                    return True
        if unknown and _search(rest, queue, now, horizon, failed):
            return True
    failed.add(state)
    return False


def _effects(call: Operation, queue: _Queue, now: int) -> Iterator[_Queue]:
    """Yield the queues that a call may leave behind with its answer; none if it cannot happen."""
    if call.verb is Verb.ENQUEUE:
        yield (*queue, _Task(str(call.task)))
    elif call.verb is Verb.CLAIM:
        yield from _claimed(call, queue, now)
    else:
        yield from _acknowledged(call, queue, now)


def _claimed(call: Operation, queue: _Queue, now: int) -> Iterator[_Queue]:
    if call.is_empty:
        if not any(task.must_be_free(now) for task in queue):
            yield queue
        return
    new = [task for task in queue if task.claim is None]
    for task in queue:
        in_turn = task.claim is not None or task is new[0]
        if in_turn and task.may_be_free(now) and call.task in (None, task.label):
            taken = replace(task, claim=call.number, held=True, until=now + LEASE)
            yield _with(queue, task, taken)


def _acknowledged(call: Operation, queue: _Queue, now: int) -> Iterator[_Queue]:
    task = next((task for task in queue if task.label == call.task), None)
    if task is None:
        return
    if call.outcome is not Outcome.REFUSED and task.may_count(call):
        yield _with(queue, task, replace(task, held=False, done=call.verb is Verb.COMPLETE))
    if not task.must_count(call, now):
        yield queue  # refused, or accepted without effect


def _with(queue: _Queue, old: _Task, new: _Task) -> _Queue:
    return tuple(new if task is old else task for task in queue)


def drawn(seed: int) -> History:
    """Return a history of at most six calls: those of a correct queue, or nearly."""
    random = Random(seed)  # noqa: S311 - no secret
    calls: list[Operation] = []
    queue: _Queue = ()
    now = 0
    for number in range(random.randint(3, 6)):
        now += random.choice([0, 1, 1, 2, 6])
        call = _call(random, number, now, calls)
        effects = list(_effects(call, queue, now))
        if call.verb is Verb.CLAIM:
            effects += _effects(replace(call, outcome=Outcome.UNKNOWN), queue, now)
        if effects:
            queue = random.choice(effects)
        taken = next((task for task in queue if task.claim == number), None)
        call = replace(call, task=taken.label) if taken else call
        calls.append(call)
    changed = [_changed(random, call, calls) if random.random() < 0.25 else call for call in calls]
    return _history(changed)


def _call(random: Random, number: int, now: int, calls: Sequence[Operation]) -> Operation:
    """Draw a call around a moment: an acknowledgement is of any earlier delivery."""
    claims = [call for call in calls if call.is_delivery]
    verbs = [Verb.ENQUEUE] * (2 if number == 0 else 1) + [Verb.CLAIM] * min(number, 2)
    verb = random.choice([*verbs, *([Verb.COMPLETE, Verb.RELEASE] if claims else [])])
    start = max(now - random.choice([0, 0, 1, 3]), 0)
    drawn = Operation(
        number=number,
        actor=f"{verb}-{number}",
        verb=verb,
        start=start * SECOND,
        end=(now + random.choice([0, 0, 1, 3])) * SECOND,
        outcome=Outcome.OK,
    )
    if verb is Verb.ENQUEUE:
        return replace(drawn, task=f"t{number}")
    if verb is Verb.CLAIM:
        return drawn
    claim = random.choice(claims)
    late = max(drawn.start, (claim.end or claim.start) + SECOND)
    end = max(late, drawn.end or late)
    return replace(drawn, task=claim.task, claim=claim.number, start=late, end=end)


def _changed(random: Random, call: Operation, calls: Sequence[Operation]) -> Operation:
    """Return a call with another answer, which may be wrong."""
    if call.verb is Verb.CLAIM and random.random() < 0.5:
        labels = [each.task for each in calls if each.verb is Verb.ENQUEUE]
        acknowledged = any(each.claim == call.number for each in calls)
        return call if acknowledged else replace(call, task=random.choice([None, *labels]))
    if random.random() < 0.5 and call.verb not in (Verb.ENQUEUE, Verb.CLAIM):
        return replace(call, outcome=Outcome.REFUSED)
    if any(each.claim == call.number for each in calls):
        return call
    end = random.choice([None, call.end])
    task = None if call.verb is Verb.CLAIM else call.task
    return replace(call, outcome=Outcome.UNKNOWN, end=end, task=task)


def _history(calls: Sequence[Operation]) -> History:
    ordered = sorted(calls, key=lambda call: call.start)
    place = {call.number: at for at, call in enumerate(ordered)}
    numbered = [
        replace(call, number=at, claim=None if call.claim is None else place[call.claim])
        for at, call in enumerate(ordered)
    ]
    return History(operations=tuple(numbered), lease=float(LEASE))
