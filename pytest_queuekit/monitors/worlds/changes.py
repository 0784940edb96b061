"""Enqueues, cancels, requeues and purges: each turns a world into its successors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.model.capabilities import KeyConflict, KeyHold
from pytest_queuekit.model.history import Operation, Outcome
from pytest_queuekit.monitors.timeline.key_times import key_ends
from pytest_queuekit.monitors.timeline.tasks import may_be_rejected
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.turns import rivals
from pytest_queuekit.monitors.worlds.world import Habit, Phase, TaskState, UnexplainedError, World


def after_enqueue(facts: Facts, world: World, enqueue: Operation) -> Iterator[World]:
    """Yield the worlds after an enqueue. Raises UnexplainedError."""
    place = len(world.tasks)
    if enqueue.outcome is Outcome.BUSY:
        yield _added(world, TaskState(Phase.ABSENT))
        return
    for held, later in _held(facts, world, place):
        if held:
            yield from _kept_out(facts, later, enqueue)
        elif enqueue.ok:
            yield _added(later, _waiting(facts, place, enqueue))
        elif may_be_rejected(enqueue):
            yield _added(later, TaskState(Phase.ABSENT))
        else:
            others = [other for other in rivals(facts, place) if other < place]
            if others:
                title, because = "Idempotency key not freed", "no task held the key any more"
                raise UnexplainedError("key-not-freed", title, because, place, *others)
            title, because = "Valid task refused", "its options and its payload are valid"
            raise UnexplainedError("turned-away", title, because, place)


def after_batch(facts: Facts, world: World, batch: Sequence[Operation]) -> Iterator[World]:
    """Yield the worlds after an enqueue of one task or a batch. Raises UnexplainedError."""
    places = range(len(world.tasks), len(world.tasks) + len(batch))
    keyed = any(other < places.stop for place in places for other in rivals(facts, place))
    if keyed and not batch[0].ok and "batch" in batch[0].arguments:
        # One key that is in use is a reason to refuse all tasks.
        yield world._replace(tasks=(*world.tasks, *[TaskState(Phase.ABSENT)] * len(batch)))
        return
    first, *others = batch
    if not others:
        yield from after_enqueue(facts, world, first)
        return
    reasons: list[UnexplainedError] = []
    for later in _as_far_as_explained(after_enqueue(facts, world, first), reasons):
        yield from _as_far_as_explained(after_batch(facts, later, others), reasons)
    if reasons:
        raise reasons[0]


def _as_far_as_explained(
    worlds: Iterator[World], reasons: list[UnexplainedError]
) -> Iterator[World]:
    """Yield worlds, and keep the reason why there are no more."""
    try:
        yield from worlds
    except UnexplainedError as reason:
        reasons.append(reason)


def _kept_out(facts: Facts, world: World, enqueue: Operation) -> Iterator[World]:
    """Yield the worlds after an enqueue with a key that another task holds."""
    declared, place = facts.contract.key_conflict, len(world.tasks)
    waiting = [
        other
        for other in rivals(facts, place)
        if other < place and _may_wait(facts, world, other, place)
    ]
    if not (enqueue.ok and waiting and declared in (None, KeyConflict.REPLACE)):
        yield _added(world, TaskState(Phase.ABSENT, by_key=True))
        return
    for other in waiting:
        sure = world.tasks[other].phase is Phase.WAITING
        # Where nothing is declared, a batch may keep the task that a single enqueue would replace.
        habitual = sure and not (declared is None and "batch" in enqueue.arguments)
        choices = world.having(Habit.REPLACES) if habitual else ((False, world), (True, world))
        for replaces, later in choices:
            if replaces:
                old = later.tasks[other]._replace(phase=Phase.ABSENT, by_key=True)
                yield _added(later.with_task(other, old), TaskState(Phase.ANYWHERE))
            elif declared is None or not sure:
                kept = _perhaps_put_off(facts, later, other) if declared is None else later
                yield _added(kept, TaskState(Phase.ABSENT, by_key=True))


def _perhaps_put_off(facts: Facts, world: World, place: int) -> World:
    """Return the world in which the newest enqueue may have given its delay to a waiting task."""
    task, newest = world.tasks[place], len(world.tasks)
    if task.phase is not Phase.WAITING or not facts.delay(newest):
        return world
    new = _waiting(facts, newest, facts.enqueues[newest])
    due_from, due_by = min(task.due_from, new.due_from), max(task.due_by, new.due_by)
    return world.with_task(place, task._replace(due_from=due_from, due_by=due_by))


def _added(world: World, task: TaskState) -> World:
    return world._replace(tasks=(*world.tasks, task))


def _waiting(facts: Facts, place: int, enqueue: Operation) -> TaskState:
    if "expires" in enqueue.arguments:
        return TaskState(Phase.ANYWHERE)  # it may leave the queue at any time
    delay = facts.delay(place)
    late = facts.resolution if delay else 0.0
    return TaskState(
        Phase.WAITING,
        due_from=enqueue.start + delay,
        due_by=(enqueue.end or enqueue.start) + delay + late,
    )


def _held(facts: Facts, world: World, place: int) -> Iterator[tuple[bool, World]]:
    """Yield True if a task keeps a new task of its key out, or False, each with its world."""
    worlds = [world]
    for other in rivals(facts, place):
        if other < place:
            answers = [answer for each in worlds for answer in _holds(facts, each, other, place)]
            yield from (answer for answer in answers if answer[0])
            worlds = [later for holds, later in answers if not holds]
    yield from ((False, each) for each in worlds)


def _holds(facts: Facts, world: World, place: int, new: int) -> Iterator[tuple[bool, World]]:
    """Yield True and False, as far as a task may hold its key, or not, when a new task comes."""
    over_from, over_by = key_ends(facts.enqueues[place], facts.contract)
    enqueue, hold = facts.enqueues[new], facts.contract.key_hold
    if (enqueue.end or enqueue.start) >= over_from:
        yield False, world
        if enqueue.start >= over_by:
            return
    match world.tasks[place].phase:
        case Phase.ABSENT:
            yield False, world
        case Phase.WAITING:
            yield True, world
            # Where a claim frees the key, a task that came back may hold it again or not.
            if hold is KeyHold.UNTIL_CLAIM and world.tasks[place].deliveries:
                yield False, world
        case Phase.CANCELLED if not (hold.outlives_task or world.tasks[place].deliveries):
            yield False, world  # it was removed before any worker had it
        case Phase.CANCELLED:
            yield from world.having(Habit.CANCELLED_HOLDS_KEY)
        case Phase.HELD if hold is KeyHold.UNTIL_CLAIM:
            yield False, world
            if world.tasks[place].deliveries > 1 or _may_be_back(facts, world, place, new):
                yield True, world
        case Phase.HELD:
            yield True, world
            yield from _freed_while_held(facts, world, place, new)
        case _ if not hold.outlives_task:
            yield from _after_its_end(world, place)
        case Phase.PURGED:
            yield from world.having(Habit.PURGED_HOLDS_KEY)
        case phase:
            yield True, world
            if phase is Phase.ANYWHERE:
                yield False, world


def _after_its_end(world: World, place: int) -> Iterator[tuple[bool, World]]:
    """Yield whether a task that is over holds a key that is held until completion."""
    phase = world.tasks[place].phase
    if phase is Phase.DEAD:
        yield from world.having(Habit.DEAD_HOLDS_KEY)
        return
    yield False, world
    if phase is Phase.ANYWHERE:
        yield True, world


def _freed_while_held(
    facts: Facts, world: World, place: int, new: int
) -> Iterator[tuple[bool, World]]:
    """Yield False if a delivered task may be over without a call of its worker."""
    if facts.contract.key_hold.outlives_task:
        return
    if not facts.completes:
        yield False, world
    elif facts.may_be_spent(place, world.tasks[place]) and _may_be_back(facts, world, place, new):
        yield from (each for each in world.having(Habit.DEAD_HOLDS_KEY) if not each[0])


def _may_wait(facts: Facts, world: World, place: int, new: int) -> bool:
    """Return True if a task may wait when a new task comes."""
    phase = world.tasks[place].phase
    back = phase is Phase.HELD and _may_be_back(facts, world, place, new)
    return back or phase in (Phase.WAITING, Phase.ANYWHERE)


def _may_be_back(facts: Facts, world: World, place: int, new: int) -> bool:
    """Return True if the lease of a held task may be over when a new task comes."""
    return facts.free_from(world.tasks[place]) <= (facts.enqueues[new].end or 0)


def after_cancel(facts: Facts, world: World, cancel: Operation) -> Iterator[World]:
    """Yield the worlds after a cancel. Raises UnexplainedError."""
    place = facts.places[cancel.task]
    task = world.tasks[place]
    gone = world.with_task(place, task._replace(phase=Phase.CANCELLED))
    if cancel.outcome is not Outcome.OK:
        refused = cancel.outcome is Outcome.REFUSED
        if refused and task.phase is Phase.WAITING and not task.deliveries:
            title, because = "Cancel of a waiting task refused", f"{cancel.task} was waiting"
            raise UnexplainedError("cancel-refused", title, because, place)
        yield world
    elif task.phase is Phase.WAITING:
        yield gone
    elif task.phase is Phase.HELD:
        for cancels, later in world.having(Habit.CANCELS_HELD):
            yield later.with_task(place, gone.tasks[place]) if cancels else later
    else:
        yield world
        if task.phase in (Phase.DONE, Phase.DEAD):
            yield gone  # the queue may delete what is over


def after_requeue(facts: Facts, world: World, requeue: Operation) -> Iterator[World]:
    """Yield the worlds after a requeue. Raises UnexplainedError."""
    place = facts.places[requeue.task]
    task = world.tasks[place]
    # Another task may hold its key.
    in_use = any(other < len(world.tasks) for other in rivals(facts, place))
    if task.phase is not Phase.DEAD or in_use or facts.contract.retry is None:
        yield world
    elif not requeue.ok:
        if requeue.outcome is Outcome.REFUSED:
            title, because = "Requeue of a dead task refused", f"{requeue.task} was dead"
            raise UnexplainedError("requeue-refused", title, because, place)
        yield world
    if requeue.ok and _may_be_requeued(facts, place, task, requeue):
        yield world.with_task(place, _requeued(facts, task, requeue))


def _may_be_requeued(facts: Facts, place: int, task: TaskState, requeue: Operation) -> bool:
    end = requeue.end or requeue.start
    lapsed = task.phase is Phase.HELD and facts.free_from(task) <= end
    # A queue may keep cancelled tasks among the dead ones.
    return task.phase in (Phase.DEAD, Phase.CANCELLED) or (
        lapsed and facts.may_be_spent(place, task)
    )


def _requeued(facts: Facts, task: TaskState, requeue: Operation) -> TaskState:
    if task.phase is Phase.CANCELLED or facts.contract.retry is None:
        return TaskState(Phase.ANYWHERE)
    return task._replace(
        phase=Phase.WAITING,
        due_from=requeue.start,
        due_by=(requeue.end or requeue.start) + facts.resolution,
        failures=0,
        attempts=0,
        requeued=True,
    )


def after_purge(world: World, purge: Operation) -> Iterator[World]:
    """Yield the world after a purge."""
    if not purge.ok:
        yield world
        return
    yield world._replace(
        tasks=tuple(
            task._replace(phase=Phase.PURGED) if task.phase is Phase.DONE else task
            for task in world.tasks
        )
    )
