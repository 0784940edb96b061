"""Which tasks a claim may get, must get, and must take first."""

from __future__ import annotations

from pytest_queuekit.model.history import Operation
from pytest_queuekit.monitors.timeline.attempts import waits
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.moments import CLOCK_TOLERANCE, nanoseconds, number
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.world import Habit, Phase, TaskState, UnexplainedError, World

_FINISHED = {
    Phase.DONE: ("completed-again", "Completed task delivered again", "was completed"),
    Phase.PURGED: ("completed-again", "Completed task delivered again", "was completed"),
    Phase.CANCELLED: ("cancelled-again", "Cancelled task delivered", "was cancelled"),
    Phase.DEAD: ("delivered-dead", "Task delivered after its last attempt", "had failed for good"),
}


def check_claimable(facts: Facts, world: World, place: int, claim: Operation) -> None:
    """Raise UnexplainedError if a claim cannot have received a task in this world."""
    task, label = world.tasks[place], facts.enqueues[place].task
    end = claim.end or claim.start
    if task.phase in _FINISHED:
        kind, title, fate = _FINISHED[task.phase]
        raise UnexplainedError(kind, title, f"{label} {fate}", place)
    if task.phase is Phase.ABSENT and task.by_key:
        title, because = "Idempotency key let a second task through", "another task held its key"
        raise UnexplainedError("key-let-through", title, because, place, *rivals(facts, place))
    if task.phase is Phase.ABSENT:
        title, because = "Refused task delivered", f"the enqueue of {label} was refused"
        raise UnexplainedError("refused-but-kept", title, because, place)
    if task.phase is Phase.HELD and end < facts.free_from(task):
        because = f"another delivery of {label} still held it"
        raise UnexplainedError("double-delivery", "Task delivered twice", because, place)
    if task.phase is Phase.WAITING and end + CLOCK_TOLERANCE < task.due_from:
        kind = "early-retry" if task.failures else "early"
        title = f"{'Failed' if task.failures else 'Delayed'} task delivered too early"
        raise UnexplainedError(kind, title, f"{label} was not due yet", place)
    # A task that replaced another one may have kept the options of that one.
    if task.phase is not Phase.ANYWHERE and may_get(claim, facts.enqueues[place]) is False:
        because = f"the worker lacks the capabilities that {label} needs"
        raise UnexplainedError(
            "misrouted", "Task delivered to an unsuitable worker", because, place
        )


def rivals(facts: Facts, place: int) -> list[int]:
    """Return the places of the other tasks of a task's key."""
    key = facts.enqueues[place].arguments.get("key")
    return [
        other
        for other, enqueue in enumerate(facts.enqueues)
        if other != place and key is not None and enqueue.arguments.get("key") == key
    ]


def is_ready(facts: Facts, world: World, place: int, claim: Operation) -> bool:
    """Return True if a claim certainly could have received a task in this world."""
    routed = may_get(claim, facts.enqueues[place])
    if not routed and (routed is False or (Habit.SERVES_ALL, True) not in world.habits):
        return False
    if not _has_slot(facts, world, place):
        return False
    task = world.tasks[place]
    if task.phase is Phase.WAITING:
        return task.due_by < claim.start
    return task.phase is Phase.HELD and _is_back(facts, place, task, claim)


def _has_slot(facts: Facts, world: World, place: int) -> bool:
    """Return True if the group of a task certainly has a free slot."""
    group = group_of(facts.enqueues[place])
    if group is None:
        return True
    held = sum(
        task.phase in (Phase.HELD, Phase.ANYWHERE) and group_of(enqueue) == group
        for other, (task, enqueue) in enumerate(zip(world.tasks, facts.enqueues, strict=False))
        if other != place
    )
    return held < facts.contract.group_limit


def _is_back(facts: Facts, place: int, task: TaskState, claim: Operation) -> bool:
    """Return True if the lease of a task is over, and the queue must hand it out again."""
    if not facts.redelivers or facts.may_be_spent(place, task):
        return False
    wait = waits(facts.contract, 1, task.deliveries)[1]
    if wait or facts.reclaims:
        # The expiry may count as a failure. Then the task waits from the call that noticed it.
        return task.noticed + wait + facts.resolution < claim.start
    return task.free_by + facts.resolution < claim.start


def goes_before(facts: Facts, world: World, first: int, second: int) -> bool:
    """Return True if one ready task certainly goes before another."""
    if Phase.ANYWHERE in (world.tasks[first].phase, world.tasks[second].phase):
        return False  # it may have the priority and the place of a task that it replaced
    one, other = _priority(facts, first), _priority(facts, second)
    if one is None or other is None:  # the queue chooses the default priority
        if one is not other:
            return False
    elif one != other:
        return one < other
    if not all(_keeps_place(facts, world, place) for place in (first, second)):
        return False
    ties = facts.contract.order.ties
    older, newer = (first, second) if ties == "fifo" else (second, first)
    # Tasks of one batch have the same start.
    apart = facts.enqueues[newer].start - facts.enqueues[older].start
    return ties != "none" and apart > nanoseconds(facts.contract.order.resolution)


def _keeps_place(facts: Facts, world: World, place: int) -> bool:
    """Return True if a task certainly has the place of its enqueue among its equals.

    A queue chooses the place of a delayed task, and of a requeued one.
    """
    task = world.tasks[place]
    if task.requeued:
        return False
    returned = task.phase is Phase.WAITING and facts.contract.order.redelivery == "original"
    return not facts.delay(place) and (not task.deliveries or returned)


def _priority(facts: Facts, place: int) -> float | None:
    direction = {"lower-first": 1, "higher-first": -1, None: 0}[facts.contract.order.priority]
    if not direction:
        return 0
    given = number(facts.enqueues[place].arguments.get("priority"))
    return None if given is None else direction * given
