"""Counts and dead letters: answers that change nothing, and rule out worlds."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.history import UNRECOGNISED, Operation
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.moments import CLOCK_TOLERANCE
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.world import Phase, TaskState, UnexplainedError, World

_GONE = "gone"
_QUEUED = frozenset({"ready", "waiting"})
_ALL = frozenset({*_QUEUED, "leased", "completed", "dead", _GONE})
_STATES = {
    Phase.ABSENT: frozenset({_GONE}),
    Phase.DONE: frozenset({"completed"}),
    Phase.PURGED: frozenset({_GONE}),
    Phase.CANCELLED: frozenset({"completed", "dead", _GONE}),
    Phase.ANYWHERE: _ALL,
}
"""How a task may be counted in each phase; a held or dead task depends on more."""


def after_stats(facts: Facts, world: World, answer: Operation) -> Iterator[World]:
    """Yield the world if it explains the counts. Raises UnexplainedError if not."""
    if answer.ok:
        counts = {state: count for state, count in answer.result.items() if count is not None}
        possible = _possible(facts, world, answer, tuple(counts))
        if tuple(counts.values()) not in possible:
            shown = _counts(tuple(counts), min(possible))
            raise UnexplainedError(
                "wrong-count", "Wrong counts", f"the tasks add up to {shown}", *_present(world)
            )
    yield world


def _possible(
    facts: Facts, world: World, answer: Operation, states: tuple[str, ...]
) -> set[tuple[int, ...]]:
    """Return the counts of some states that the tasks of a world may add up to."""
    sums = {(0,) * len(states)}
    for place, task in enumerate(world.tasks):
        steps = {
            tuple(int(state == each or (each == "queued" and state in _QUEUED)) for each in states)
            for state in _counted(facts, place, task, answer)
        }
        sums = {tuple(map(sum, zip(total, step, strict=True))) for total in sums for step in steps}
    return sums


def _counted(facts: Facts, place: int, task: TaskState, answer: Operation) -> frozenset[str]:
    """Return the states in which a task may be counted."""
    if task.phase is Phase.DEAD:
        # Without declared retries, a failed task may be dropped.
        loose = facts.contract.retry is None
        return frozenset({"dead", "completed", _GONE}) if loose else frozenset({"dead"})
    end = answer.end or answer.start
    if task.phase is Phase.WAITING:
        return _waiting(facts, place, task, answer.start, end)
    if task.phase is not Phase.HELD:
        return _STATES[task.phase]
    if not facts.completes:
        return frozenset({"leased", "completed", _GONE})
    if end < facts.free_from(task):
        return frozenset({"leased"})
    spent = {"dead"} if facts.may_be_spent(place, task) else set()
    return frozenset({"leased", *_QUEUED, *spent})


def _waiting(facts: Facts, place: int, task: TaskState, start: float, end: float) -> frozenset[str]:
    """Return whether a queued task may be counted as waiting for its time, or as ready."""
    if end + CLOCK_TOLERANCE < task.due_from:
        return frozenset({"waiting"})
    # A full group may count as a reason to wait.
    certain = task.due_by < start and group_of(facts.enqueues[place]) is None
    return frozenset({"ready"}) if certain else _QUEUED


def _counts(states: tuple[str, ...], counts: tuple[int, ...]) -> str:
    return ", ".join(f"{state}={count}" for state, count in zip(states, counts, strict=True))


def _present(world: World) -> list[int]:
    gone = (Phase.ABSENT, Phase.PURGED)
    return [place for place, task in enumerate(world.tasks) if task.phase not in gone]


def after_dead_letters(facts: Facts, world: World, answer: Operation) -> Iterator[World]:
    """Yield the world if it explains a list of dead letters. Raises UnexplainedError if not."""
    listed = set(answer.result) if answer.ok else set()
    for place, task in enumerate(world.tasks) if answer.ok else ():
        label = facts.enqueues[place].task
        if label in listed and not _may_be_dead(facts, place, task):
            title, because = "Task given up too early", f"{label} was not dead"
            raise UnexplainedError("dead-too-early", title, because, place)
        strict = task.phase is Phase.DEAD and facts.limit(place, task) is not None
        if strict and not {label, UNRECOGNISED} & listed:
            title, because = "Dead task missing from the dead letters", f"{label} was dead"
            raise UnexplainedError("missing-dead-letter", title, because, place)
    yield world


def _may_be_dead(facts: Facts, place: int, task: TaskState) -> bool:
    if task.phase is Phase.HELD:
        return facts.may_be_spent(place, task)
    return task.phase in (Phase.DEAD, Phase.ANYWHERE)
