"""Searches for calls that must not meet: it plays a walk in turn, then lets its calls meet others.

The first play shows which calls others may come between. The next plays repeat the walk up to such
a call, and let it stop in one of its gaps while other actors act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from pytest_queuekit.execution.run import Run
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.walks.life import Life
from pytest_queuekit.walks.meet import Meet
from pytest_queuekit.walks.notes import Counted, Notes
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.pen import Pen
from pytest_queuekit.walks.play import Next
from pytest_queuekit.walks.rivals import ACTORS, Rivals
from pytest_queuekit.walks.search import FEWEST, MOST, Budget, Meter, Play, Prove, first_wrong
from pytest_queuekit.walks.sites import Gap, Sites
from pytest_queuekit.walks.steps import Complete, Enqueue, Step, Walk
from pytest_queuekit.walks.walker import Walker

_PATIENCE = 6
"""How many times its budget of processor time a search may take: others wait for a stopped call."""
_VARIATIONS = 12
"""How often a walk is varied, at most."""
_AS_THEY_ARE = 5
"""How many walks are judged as they are, too, so that a run without sites shows something."""
_TAIL = 3
"""How many steps follow the meeting, besides claims."""


Scout = Callable[[Next], Walk]
"""Plays a walk to see its calls, without its end; returns its steps."""


@dataclass(frozen=True, kw_only=True)
class Varied:
    """One search.

    palette: the values to draw from. seed: decides the walks.
    scout, prove: play a walk.
    notes: take what the plays show.
    """

    palette: Palette
    seed: int
    scout: Scout
    prove: Prove
    notes: Notes

    def search(self, budget: Budget) -> Iterator[tuple[Run, Walk]]:
        """Yield the longest run that shows no violation, or the shortest found that shows one.

        The walk of a run without a violation is empty.
        """
        plays = self._plays(budget.walks, Meter(budget.seconds, _PATIENCE))
        return first_wrong(plays, budget, self.prove)

    def _plays(self, walks: int, meter: Meter) -> Iterator[Play]:
        """Yield the plays that are judged: some walks as they are, and the variations."""
        sites = Sites()
        for number in range(walks):
            if number < _AS_THEY_ARE:
                yield self.prove(self._draw(number))
            for play in self._variations(number, sites):
                yield play
                if meter.is_over():
                    return
            if meter.is_over():
                return

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
        return Pen(random, self.palette, ACTORS)

    def _draw(self, number: int) -> Next:
        def steps(walker: Walker) -> Iterator[Step]:
            pen = self._pen(number)
            life = Life(pen, walker, in_threads=True)
            for _ in range(pen.pick(range(FEWEST, MOST))):
                yield life.next_step()

        return steps

    def _variation(self, number: int, walk: Walk, site: Counted, gap: Gap, random: Random) -> Next:
        place = next(place for place, step in enumerate(walk) if step is site.step)

        def steps(walker: Walker) -> Iterator[Step]:
            yield from walk[:place]
            pen = self._pen(number)
            pen.decide_by(random)
            actor = site.step.actor(walker)
            if actor is None:
                return
            rivals = Rivals(pen, walker, site.step, actor, _key(walk[: place + 1]))
            yield Meet(
                call=site.step,
                meanwhile=rivals.meanwhile(),
                gap=gap.number,
                by_line=gap.by_line,
            )
            yield from _aftermath(pen, walk[place + 1 :])

        return steps


def _aftermath(pen: Pen, rest: Walk) -> Iterator[Step]:
    """Yield steps that show what came of a meeting: more claims, completions, or the walk's own."""
    if pen.chance(0.3):
        yield from rest[:_TAIL]
        return
    for _ in range(pen.pick((0, 0, 1, 2))):
        yield pen.claim()
    if pen.palette.has(Capability.COMPLETE):
        yield from (Complete(back=back) for back in range(_TAIL))


def _key(walk: Walk) -> str | None:
    """Return the key of the latest task that has one."""
    keys = [step.key for step in walk if isinstance(step, Enqueue) and step.key is not None]
    return keys[-1] if keys else None
