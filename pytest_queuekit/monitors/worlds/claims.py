"""Claims: a delivery, an empty answer or a refusal turns a world into its successors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.model.history import Operation, Outcome
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.turns import check_claimable, goes_before, is_ready
from pytest_queuekit.monitors.worlds.world import Habit, Phase, UnexplainedError, World


def after_claim(facts: Facts, world: World, batch: Sequence[Operation]) -> Iterator[World]:
    """Yield the worlds after a claim of one task or a batch. Raises UnexplainedError."""
    claim = batch[0]
    taken = [(facts.places[call.task], call) for call in batch if call.is_delivery]
    for place, call in taken:
        check_claimable(facts, world, place, call)
    _check_passed_over(facts, world, claim, [place for place, _ in taken])
    worlds = [world if facts.reclaims else after_notice(facts, world, claim)]
    for place, call in taken:
        worlds = [later for each in worlds for later in _delivered(facts, each, place, call)]
    yield from worlds


def after_notice(facts: Facts, world: World, call: Operation) -> World:
    """Return the world after a call that makes the queue look for expired leases."""
    end = call.end or call.start
    return world._replace(
        tasks=tuple(
            task._replace(noticed=min(task.noticed, end))
            if task.phase is Phase.HELD and task.free_by + facts.resolution < call.start
            else task
            for task in world.tasks
        )
    )


def _check_passed_over(facts: Facts, world: World, claim: Operation, taken: list[int]) -> None:
    filled = {group_of(facts.enqueues[place]) for place in taken} - {None}
    for place in range(len(world.tasks)):
        if place in taken or group_of(facts.enqueues[place]) in filled:
            continue  # the batch itself may have filled the group
        if not is_ready(facts, world, place, claim):
            continue
        label = facts.enqueues[place].task
        if not taken:
            raise UnexplainedError(*_empty(claim, world, place), f"{label} was ready", place)
        for other in taken:
            if goes_before(facts, world, place, other):
                title, because = "Ready task passed over", f"{label} was ready and goes first"
                raise UnexplainedError("out-of-turn", title, because, place, other)


def _empty(claim: Operation, world: World, place: int) -> tuple[str, str]:
    """Return the kind and the title for a claim that wrongly brought no task."""
    if claim.outcome is Outcome.REFUSED:
        return "claim-refused", "Claim refused while a task was ready"
    task = world.tasks[place]
    if task.phase is Phase.HELD:
        return "not-reclaimed", "Task with an expired lease reported as empty"
    if task.failures:
        return "lost-retry", "Failed task reported as empty after its wait"
    return "said-empty", "Waiting task reported as empty"


def _delivered(facts: Facts, world: World, place: int, claim: Operation) -> Iterator[World]:
    task = world.tasks[place]
    if task.phase is Phase.ANYWHERE:
        yield world
        return
    free_from, free_by = facts.lease(claim)
    held = task._replace(
        phase=Phase.HELD,
        deliveries=task.deliveries + 1,
        holder=claim.number,
        free_from=free_from,
        free_by=free_by,
        noticed=float("inf"),
    )
    for each in _serving(facts, world, place, claim):
        if task.phase is Phase.WAITING:
            yield each.with_task(place, held)
            continue
        for counts, later in each.having(Habit.EXPIRY_COUNTS):
            yield later.with_task(place, held._replace(attempts=task.attempts + counts))


def _serving(facts: Facts, world: World, place: int, claim: Operation) -> Iterator[World]:
    """Yield the world with the habit that explains why a claim without capabilities was served."""
    if may_get(claim, facts.enqueues[place]) is None:
        yield from (later for serves, later in world.having(Habit.SERVES_ALL) if serves)
    else:
        yield world
