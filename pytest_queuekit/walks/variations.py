"""Searches for calls that must not stop half-way: it plays a walk, then stops one of its calls.

The first play shows which calls others may come between. The next plays repeat the walk up to such
a call, and let it stop, or die, in one of its gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from pytest_queuekit.execution.meter import Meter
from pytest_queuekit.execution.run import Run
from pytest_queuekit.walks.life import Life
from pytest_queuekit.walks.notes import Counted, Notes
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.pen import Pen
from pytest_queuekit.walks.play import Next
from pytest_queuekit.walks.search import FEWEST, MOST, Budget, Play, Prove, first_wrong
from pytest_queuekit.walks.sites import Gap, Insistence, Sites
from pytest_queuekit.walks.steps import Step, Walk
from pytest_queuekit.walks.walker import Walker

_VARIATIONS = 12
"""How often a walk is varied, at most."""
_DRILLED = 0.5
"""The share of the time that drills take at most, where a queue has many open gaps."""
_AS_THEY_ARE = 5
"""How many walks are judged as they are, too, so that a run without sites shows something."""

Scout = Callable[[Next], Walk]
"""Plays a walk to see its calls, without its end; returns its steps."""
Vary = Callable[[Pen, Walker, Walk, int, Gap], Iterator[Step]]
"""Yields the steps of a variation from a place of a walk on: its step stops in a gap."""
Stopped = Callable[[Walker, Step, Gap], Iterator[Step]]
"""Yields the steps of a drill from a step on that stops in a gap."""


@dataclass(frozen=True, kw_only=True)
class Varied:
    """One search.

    palette: the values to draw from. seed: decides the walks.
    scout, prove: play a walk.
    confirm: plays a walk as its repetition will, while it is shrunk.
    vary: draws a variation.
    drills: walks that come first, each with one variation in every open gap.
    stopped: yields the steps of such a variation from a place on.
    notes: take what the plays show.
    insistence: how often a path is chosen.
    actors: the names of the actors, those that act more often several times.
    patience: how many times its budget of processor time a search may take.
    in_threads: True if the actors have threads, which neither reopen the queue nor crash.
    """

    palette: Palette
    seed: int
    scout: Scout
    prove: Prove
    confirm: Prove
    vary: Vary
    drills: Sequence[Walk] = ()
    stopped: Stopped | None = None
    notes: Notes
    insistence: Insistence
    actors: str
    patience: float
    in_threads: bool

    def search(self, budget: Budget) -> Iterator[tuple[Run, Walk]]:
        """Yield the longest run that shows no violation, or the shortest found that shows one.

        The walk of a run without a violation is empty.
        """
        plays = self._plays(budget, Meter(budget.seconds, self.patience))
        return first_wrong(plays, budget, self.confirm)

    def _plays(self, budget: Budget, meter: Meter) -> Iterator[Play]:
        """Yield the plays that are judged: some walks as they are, and the variations."""
        sites = Sites(self.insistence)
        half = Meter(_DRILLED * budget.seconds, self.patience)
        for play in self._drilled(sites):
            yield play
            if half.is_over():
                break
        for number in range(budget.walks):
            if number < _AS_THEY_ARE:
                yield self.prove(self._draw(number))
            for play in self._variations(number, sites):
                yield play
                if meter.is_over():
                    return
            if meter.is_over():
                return

    def _drilled(self, sites: Sites) -> Iterator[Play]:
        """Yield the plays of the drills, with a variation in each open gap."""
        if self.stopped is None:
            return
        for drill in self.drills:
            self.notes.begin(wanted=True)
            walk = self.scout(partial(_given, drill))
            calls = self.notes.calls
            self.notes.begin(wanted=False)
            for call in calls:
                place = _place_of(call, walk)
                for gap in sites.new_gaps(call, walk[0]):
                    yield self.prove(partial(self._stop, walk[:place], call.step, gap))

    def _stop(self, before: Walk, step: Step, gap: Gap, walker: Walker) -> Iterator[Step]:
        yield from before
        if self.stopped is not None:
            yield from self.stopped(walker, step, gap)

    def _variations(self, number: int, sites: Sites) -> Iterator[Play]:
        self.notes.begin(wanted=True)
        walk = self.scout(self._draw(number))
        calls = self.notes.calls
        for variation in range(_VARIATIONS):
            random = Random(f"{self.seed}/{number}/{variation}")  # noqa: S311 - no secrets
            site = sites.choose(calls, number, random)
            if site is None:
                return
            gap = sites.gap(site, random)
            self.notes.begin(wanted=False)
            yield self.prove(self._variation(number, walk, site, gap, random))
            if self.notes.waited is not None:
                sites.note(site, gap, waited=self.notes.waited)

    def _pen(self, number: int) -> Pen:
        """Return the pen of a walk: it has chosen which options the tasks of the walk have."""
        random = Random(f"{self.seed}/{number}")  # noqa: S311 - it draws walks, no secrets
        return Pen(random, self.palette, self.actors)

    def _draw(self, number: int) -> Next:
        def steps(walker: Walker) -> Iterator[Step]:
            pen = self._pen(number)
            life = Life(pen, walker, in_threads=self.in_threads)
            for _ in range(pen.pick(range(FEWEST, MOST))):
                yield life.next_step()

        return steps

    def _variation(self, number: int, walk: Walk, site: Counted, gap: Gap, random: Random) -> Next:
        place = _place_of(site, walk)

        def steps(walker: Walker) -> Iterator[Step]:
            yield from walk[:place]
            pen = self._pen(number)
            pen.decide_by(random)
            pen.remember(walk)
            if site.step.actor(walker) is not None:
                yield from self.vary(pen, walker, walk, place, gap)

        return steps


def _given(walk: Walk, _walker: Walker) -> Iterator[Step]:
    return iter(walk)


def _place_of(call: Counted, walk: Walk) -> int:
    """Return the place of a counted call in the walk in which it was counted."""
    return next(place for place, step in enumerate(walk) if step is call.step)
