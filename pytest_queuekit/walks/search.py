"""Searches for a walk that shows a violation, and shrinks it to one that needs all its steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from pytest_queuekit.execution.meter import Meter
from pytest_queuekit.execution.run import Run
from pytest_queuekit.walks.drills import Drills
from pytest_queuekit.walks.life import Life
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.pen import Pen
from pytest_queuekit.walks.play import Next
from pytest_queuekit.walks.steps import Step, Walk
from pytest_queuekit.walks.walker import Walker

Play = tuple[Run, Walk, bool]
"""The run of a walk, its steps, and True if it shows a violation."""
Prove = Callable[[Next], Play]
"""Plays a walk, and judges it."""

FEWEST, MOST = 8, 26
"""The number of steps of a walk, without its end."""
_ALONE = 3
"""One walk of so many has one option, or two, on nearly all tasks."""
_ONE_SIDED = 0.5
"""How many walks have mostly one or two ways in which deliveries end."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The limits of a search.

    walks: the most walks to draw.
    seconds: the most processor time to search, and again to shrink. Time that other processes take
        does not count, so that a busy machine searches as hard as an idle one.
    """

    walks: int
    seconds: float


def draw(palette: Palette, seed: int, number: int) -> Next:
    """Return the steps of one walk. The same seed and number draw the same walk."""

    def steps(walker: Walker) -> Iterator[Step]:
        random = Random(f"{seed}/{number}")  # noqa: S311 - it draws walks, no secrets
        pen = Pen(random, palette, alone=number % _ALONE == _ALONE - 1)
        life = Life(pen, walker, one_sided=_ONE_SIDED)
        for _ in range(random.randrange(FEWEST, MOST)):
            yield life.next_step()

    return steps


def search(palette: Palette, seed: int, budget: Budget, prove: Prove) -> Iterator[tuple[Run, Walk]]:
    """Yield the longest run that shows no violation, or the shortest found that shows one.

    The walk of a run without a violation is empty.
    """
    return first_wrong(_plays(palette, seed, budget, prove), budget, prove)


def _plays(palette: Palette, seed: int, budget: Budget, prove: Prove) -> Iterator[Play]:
    meter = Meter(budget.seconds)
    for steps in itertools.islice(_in_turn(palette, seed), budget.walks):
        yield prove(steps)
        if meter.is_over():
            return


def _in_turn(palette: Palette, seed: int) -> Iterator[Next]:
    """Yield random walks and, as long as there are any, a drill after each."""
    drills = list(Drills(palette).walks())
    Random(seed).shuffle(drills)  # noqa: S311 - no secrets; few fit into a quick run
    for number in itertools.count():
        yield draw(palette, seed, number)
        if drills:
            yield partial(_given, drills.pop())


def _given(walk: Walk, _walker: Walker) -> Iterator[Step]:
    return iter(walk)


def first_wrong(plays: Iterable[Play], budget: Budget, prove: Prove) -> Iterator[tuple[Run, Walk]]:
    """Yield the shortest run found of the first play that shows a violation, or the longest run.

    The walk of a run without a violation is empty.
    """
    longest = None
    for run, walk, wrong in plays:
        if wrong:
            yield _shrunk(run, walk, prove, Meter(budget.seconds))
            return
        if longest is None or len(run.history) > len(longest.history):
            longest = run
    if longest is not None:
        yield longest, ()


def _shrunk(run: Run, walk: Walk, prove: Prove, meter: Meter) -> tuple[Run, Walk]:
    """Return the shortest and plainest walk found that shows a violation, and its run."""
    tried: set[str] = set()
    simpler = _simpler(walk)
    while (candidate := next(simpler, None)) is not None and not meter.is_over():
        if repr(candidate) in tried:
            continue
        tried.add(repr(candidate))
        shorter, _, wrong = prove(lambda _, steps=candidate: iter(steps))  # type: ignore[misc]
        if wrong:
            run, walk = shorter, candidate
            simpler = _simpler(walk)
    return run, walk


def _simpler(walk: Walk) -> Iterator[Walk]:
    """Yield the walks without some steps, longest parts first, and those with a plainer step."""
    size = len(walk) // 2
    while size:
        for start in range(len(walk) - size, -1, -size):
            yield (*walk[:start], *walk[start + size :])
        size //= 2
    for place, step in enumerate(walk):
        for plainer in step.plainer():
            yield (*walk[:place], plainer, *walk[place + 1 :])
