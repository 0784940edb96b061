"""Sites: calls of a walk that others may come between, and the gaps of each.

A gap before the first step of a call shows nothing, since nothing has happened yet. In a gap inside
a transaction of SQLite others wait. So few calls of a good queue are sites.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeVar

from pytest_queuekit.walks.notes import Counted
from pytest_queuekit.walks.steps import Step

_Choice = TypeVar("_Choice")

_LOCKED = 1
"""How often others had to wait for a call that stopped in a line, until the line counts as locked.
A lock of Python's does not show otherwise."""
_MOST_GAPS = 3
"""The most gaps of a path that count."""
_MOST_OF_CALL = 4
"""The most gaps of a call that are tried one after the other."""
_DULL = 0.05
"""How often any call is chosen, also one that others should not come between."""


class Insistence(NamedTuple):
    """How often a path is chosen for each of its gaps.

    at_once: how often when it is new.
    walks: after how many walks once more.
    """

    at_once: int = 5
    walks: int = 16


class Gap(NamedTuple):
    """A gap of a call.

    number: the number of the step before which the call stops.
    by_line: True if steps are lines of source.
    """

    number: int
    by_line: bool


class Sites:
    """Chooses sites and gaps, those that were chosen least often first. It learns from each.

    insistence: how often it chooses a path.
    """

    def __init__(self, insistence: Insistence = Insistence()) -> None:  # noqa: B008 - it is frozen
        self._insistence = insistence
        self._chosen: Counter[object] = Counter()
        self._drawn: Counter[str] = Counter()
        self._waited: Counter[str] = Counter()
        self._shown: set[object] = set()
        self._free: set[str] = set()

    def choose(self, calls: Iterable[Counted], walks: int, random: Random) -> Counted | None:
        """Return one of the calls, of the path through the source that was chosen least often.

        None if all were chosen often enough for the number of walks so far. Now and then, any call
        is returned.
        """
        counted = [call for call in calls if call.steps.count]
        if counted and random.random() < _DULL:
            return _pick(counted, random)
        most = self._insistence.at_once + walks // self._insistence.walks
        sites = [
            call
            for call in counted
            if self._chosen[_path(call)] < most * min(len(self._open(call)), _MOST_GAPS)
        ]
        if not sites:
            return None
        least = min(self._chosen[_path(call)] for call in sites)
        site = _pick([call for call in sites if self._chosen[_path(call)] == least], random)
        self._chosen[_path(site)] += 1
        return site

    def gap(self, site: Counted, random: Random) -> Gap:
        """Return a gap of a call. Each place in the source counts once, however often it runs."""
        numbers = self._open(site) or range(site.steps.count)
        by_place: dict[str, list[int]] = defaultdict(list)
        for number in numbers:
            by_place[_place(site, number)].append(number)
        least = min(self._drawn[place] for place in by_place)
        place = _pick([each for each in by_place if self._drawn[each] == least], random)
        self._drawn[place] += 1
        return Gap(_pick(by_place[place], random), site.steps.by_line)

    def new_gaps(self, site: Counted, task: Step) -> Iterator[Gap]:
        """Yield the open gaps of a call, once for each kind of task and way to the gap.

        Of a call with many gaps, some are left out.

        task: the enqueue of the task.
        """
        numbers = self._open(site)
        for number in numbers[:: math.ceil(len(numbers) / _MOST_OF_CALL) or 1]:
            way = (repr(task), *_way(site, number))
            if way not in self._shown:
                self._shown.add(way)
                yield Gap(number, site.steps.by_line)

    def note(self, site: Counted, gap: Gap, *, waited: bool) -> None:
        """Take whether other calls had to wait for a call that stopped in a gap."""
        place = _place(site, gap.number)
        if waited:
            self._waited[place] += 1
        else:
            self._free.add(place)

    def _open(self, call: Counted) -> Sequence[int]:
        """Return the steps of a call before which others may come between, as far as is known."""
        steps = call.steps
        if not steps.by_line:
            return [number for number in range(1, steps.count) if not steps.inside[number]]
        return [number for number in range(1, steps.count) if not self._is_locked(call, number)]

    def _is_locked(self, call: Counted, number: int) -> bool:
        place = _place(call, number)
        return place not in self._free and self._waited[place] >= _LOCKED


def _path(call: Counted) -> object:
    steps = call.steps
    path = frozenset(steps.places) if steps.by_line else steps.inside
    return type(call.step).__name__, path


def _way(call: Counted, number: int) -> tuple[object, ...]:
    """Return the steps of a call until it stops, as far as they show."""
    steps = call.steps
    done = steps.places[number] if steps.by_line else steps.inside[:number]
    return type(call.step).__name__, done


def _place(call: Counted, number: int) -> str:
    """Return the place of a step: a line of source, or its number among those of its path."""
    if call.steps.by_line:
        return call.steps.places[number]
    return f"{_path(call)} {number}"


def _pick(choices: Sequence[_Choice], random: Random) -> _Choice:
    return choices[int(random.random() * len(choices))]
