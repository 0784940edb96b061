"""Acknowledgements: each takes effect, or is refused or ignored where the queue may do so."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.monitors.timeline.attempts import is_final
from pytest_queuekit.monitors.timeline.lease_intervals import LONGEST_EXTENSION
from pytest_queuekit.monitors.timeline.moments import (
    CLOCK_TOLERANCE,
    NEVER,
    nanoseconds,
    number,
)
from pytest_queuekit.monitors.timeline.wording import NOUNS
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.world import Habit, Phase, TaskState, UnexplainedError, World


def after_acknowledgement(facts: Facts, world: World, said: Operation) -> Iterator[World]:
    """Yield the worlds after an acknowledgement. Raises UnexplainedError."""
    place = facts.places[said.task]
    task = world.tasks[place]
    latest = task.holder == said.claim
    end = said.end or said.start
    certain = (
        facts.redelivers and latest and task.phase is Phase.HELD and end < facts.free_from(task)
    )
    if said.outcome is not Outcome.OK:
        if certain and said.outcome is Outcome.REFUSED and _is_granted(said):
            noun = NOUNS[said.verb]
            title = f"{noun.capitalize()} refused while the worker held the task"
            raise UnexplainedError(
                "holder-refused", title, f"the worker still held {said.task}", place
            )
        yield world
        return
    if not certain:
        yield world  # ignored in silence
    # A queue may accept a late acknowledgement until another worker has the task.
    if latest and task.phase in (Phase.HELD, Phase.WAITING):
        yield from _effects(facts, world, place, said)


def _is_granted(said: Operation) -> bool:
    """Return False for an extension that a queue may refuse."""
    seconds = number(said.arguments.get("seconds", 1))
    return seconds is not None and 0 < seconds <= LONGEST_EXTENSION


def _effects(facts: Facts, world: World, place: int, said: Operation) -> Iterator[World]:
    task = world.tasks[place]
    match said.verb:
        case Verb.COMPLETE:
            yield world.with_task(place, task._replace(phase=Phase.DONE))
        case Verb.EXTEND if task.phase is Phase.HELD:
            yield world.with_task(place, _extended(task, said))
        case Verb.RELEASE:
            yield from _released(facts, world, place, said)
        case Verb.FAIL:
            yield from _failed(facts, world, place, said)


def _extended(task: TaskState, said: Operation) -> TaskState:
    """Return a task with a longer lease: an extension counts from now or from the old end."""
    added = nanoseconds(float(said.arguments["seconds"]))
    end = said.end or said.start
    return task._replace(
        free_from=max(task.free_from, said.start + added - CLOCK_TOLERANCE),
        free_by=max(task.free_by, end) + added,
        noticed=NEVER,
    )


def _released(facts: Facts, world: World, place: int, said: Operation) -> Iterator[World]:
    task = world.tasks[place]
    waiting = task._replace(phase=Phase.WAITING, due_from=said.start, due_by=said.end or said.start)
    if facts.limit(place, task) is None and facts.may_be_spent(place, task):
        yield world.with_task(place, task._replace(phase=Phase.ANYWHERE))
        return
    for counts, later in world.having(Habit.RELEASE_COUNTS):
        yield later.with_task(place, waiting._replace(attempts=task.attempts + counts))
        if counts and facts.may_be_spent(place, task):
            yield later.with_task(place, task._replace(phase=Phase.DEAD))


def _failed(facts: Facts, world: World, place: int, said: Operation) -> Iterator[World]:
    before = world.tasks[place]
    limit = facts.limit(place, before)
    task = before._replace(failures=before.failures + 1, attempts=before.attempts + 1)
    dead = task._replace(phase=Phase.DEAD)
    if is_final(said):
        yield world.with_task(place, dead)
        return
    if limit is not None and task.attempts >= limit:
        yield world.with_task(place, dead)
        if task.failures >= limit:
            return
    least, most = facts.retry_wait(task)
    waiting = task._replace(
        phase=Phase.WAITING,
        due_from=said.start + least,
        due_by=(said.end or said.start) + most + facts.resolution,
    )
    if facts.contract.retry is not None:
        yield world.with_task(place, waiting)
        return
    # Nothing is declared about a second attempt, so nothing can be late.
    for buries, later in world.having(Habit.FAILURE_BURIES):
        yield later.with_task(place, dead if buries else waiting._replace(due_by=NEVER))
