"""The successors of a world after a call that ended, or that a kill cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.model.verbs import ACKNOWLEDGEMENTS
from pytest_queuekit.monitors.timeline.tasks import most_taken
from pytest_queuekit.monitors.worlds.acknowledgements import after_acknowledgement
from pytest_queuekit.monitors.worlds.changes import (
    after_batch,
    after_cancel,
    after_purge,
    after_requeue,
)
from pytest_queuekit.monitors.worlds.claims import after_claim, after_notice
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.looks import after_dead_letters, after_stats
from pytest_queuekit.monitors.worlds.world import Phase, TaskState, UnexplainedError, World

_CLAIMABLE = (Phase.WAITING, Phase.HELD, Phase.ANYWHERE)


def after_call(facts: Facts, world: World, call: Sequence[Operation]) -> Iterable[World]:
    """Return the worlds after a call, of a batch if there are several operations.

    Raises UnexplainedError.
    """
    first = call[0]
    match first.verb:
        case Verb.ENQUEUE:
            return after_batch(facts, world, call)
        case Verb.CLAIM if first.outcome is not Outcome.BUSY:
            return after_claim(facts, world, call)
        case verb if verb in ACKNOWLEDGEMENTS and first.task in facts.places:
            return after_acknowledgement(facts, world, first)
        case Verb.CANCEL if first.task in facts.places:
            return after_cancel(facts, world, first)
        case Verb.REQUEUE if first.task in facts.places:
            return after_requeue(facts, world, first)
        case Verb.PURGE:
            return after_purge(world, first)
        case Verb.STATS:
            return after_stats(facts, world, first)
        case Verb.DEAD_LETTERS:
            return after_dead_letters(facts, world, first)
        case Verb.RECLAIM if first.ok:
            return (after_notice(facts, world, first),)
        case _:
            return (world,)


def after_kill(
    facts: Facts, world: World, call: Sequence[Operation], kill: Operation
) -> Iterator[World]:
    """Yield the worlds after a call whose actor was killed: it took effect before that, or never.

    A purge may have deleted some of the tasks, since it promises nothing about all of them at once.
    """
    first = call[0]
    if first.verb is Verb.ENQUEUE:
        absent = (TaskState(Phase.ABSENT),) * len(call)
        yield world._replace(tasks=(*world.tasks, *absent))
    else:
        yield world
    if first.verb in (Verb.STATS, Verb.DEAD_LETTERS):
        return
    ended = [replace(each, end=kill.start, outcome=Outcome.OK) for each in call]
    if first.verb is Verb.PURGE:
        yield from _partly_purged(world)
        return
    for done in _claimed(facts, world, ended[0]) if first.verb is Verb.CLAIM else [ended]:
        try:
            yield from list(after_call(facts, world, done))
        except UnexplainedError:
            continue  # the call cannot have had this effect


def _claimed(facts: Facts, world: World, claim: Operation) -> Iterator[list[Operation]]:
    """Yield what a claim may have taken."""
    taken = [place for place, task in enumerate(world.tasks) if task.phase in _CLAIMABLE]
    for count in range(1, most_taken(claim) + 1):
        for places in combinations(taken, count):
            yield [replace(claim, task=facts.enqueues[place].task) for place in places]


def _partly_purged(world: World) -> Iterator[World]:
    done = [place for place, task in enumerate(world.tasks) if task.phase is Phase.DONE]
    for count in range(1, len(done) + 1):
        for places in combinations(done, count):
            later = world
            for place in places:
                later = later.with_task(place, world.tasks[place]._replace(phase=Phase.PURGED))
            yield later
