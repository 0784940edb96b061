"""The cost of a call does not grow with the backlog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.wording import actor, when

_LEAST_STEPS = 0.5
"""Steps of SQLite for each further task of the backlog from which a cost counts as linear.

A search in an index takes a few steps more for ten times as many tasks; a scan takes at least three
for each task."""

_LEAST_RATIO = 2.0
"""Growth of a number of steps, below which the fixed part of a call hides any other."""

_LEAST_TIME_RATIO = 3.0
"""Growth of the processor time, for ten times the backlog, from which it counts as linear."""

_LEAST_NANOSECONDS = 10_000
"""Processor time for each further task from which a linear cost does harm.

A look at each task in memory takes 1,000 at most, and on a busy machine 3,000."""

_MOST_LINEAR = 2.5
"""How much faster than the backlog the cost of counting tasks may grow."""


def growth(history: History, contract: Contract) -> list[Violation]:
    """Report `linear-cost`: calls that cost more with each task of the backlog.

    The calls have the arguments `backlog`, `depth` and `steps`, or `nanoseconds` of processor time.
    Counting may be linear; `worse-than-linear` is a count that grows faster than the backlog.
    """
    groups: dict[tuple[Verb, str, str], dict[int, list[Operation]]] = defaultdict(dict)
    for call in history:
        for unit in ("steps", "nanoseconds"):
            if unit in call.arguments:
                key = (call.verb, str(call.arguments["backlog"]), unit)
                groups[key].setdefault(call.arguments["depth"], []).append(call)
    return smallest(
        wrong
        for (_, backlog, unit), by_depth in groups.items()
        if len(by_depth) > 1
        for wrong in _judged(history, backlog, unit, by_depth)
    )


def _judged(
    history: History, backlog: str, unit: str, by_depth: dict[int, list[Operation]]
) -> Iterator[Violation]:
    low, high = min(by_depth), max(by_depth)
    shallow, deep = _sorted(by_depth[low], unit), _sorted(by_depth[high], unit)
    before, after = _middle(shallow), _middle(deep)
    verb = after.verb
    cost, more = before.arguments[unit], after.arguments[unit]
    what = "steps of SQLite" if unit == "steps" else "ns of processor time"
    detail = (
        f"{actor(before)} called {verb} {when(history, before)} with {low:,} {backlog} tasks in "
        f"the queue, and {actor(after)} {when(history, after)} with {high:,}. The calls took "
        f"{cost:,} and {more:,} {what} (medians of {len(shallow)} calls each)"
    )
    if verb is Verb.STATS:
        if more > _MOST_LINEAR * high / low * cost:
            yield violation(
                "worse-than-linear",
                f"Cost of {verb} grows faster than the backlog",
                f"{detail}: more than {high / low:g} times as much.",
                before,
                after,
            )
    elif (_steps_grow if unit == "steps" else _time_grows)(shallow, deep, high - low):
        each = (more - cost) / (high - low)
        yield violation(
            "linear-cost",
            f"Cost of {verb} grows with the backlog",
            f"{detail}: {each:,.3g} more for each task.",
            before,
            after,
        )


def _steps_grow(shallow: Sequence[Operation], deep: Sequence[Operation], tasks: int) -> bool:
    cost, more = (_middle(calls).arguments["steps"] for calls in (shallow, deep))
    return bool((more - cost) / tasks >= _LEAST_STEPS and more >= _LEAST_RATIO * cost)


def _time_grows(shallow: Sequence[Operation], deep: Sequence[Operation], tasks: int) -> bool:
    """Compare medians, and demand that hardly any shallow call took as long as a deep one."""
    cost, more = (_middle(calls).arguments["nanoseconds"] for calls in (shallow, deep))
    slowest_but_few = shallow[len(shallow) * 3 // 4].arguments["nanoseconds"]
    fastest_but_few = deep[len(deep) // 4].arguments["nanoseconds"]
    return bool(
        (more - cost) / tasks >= _LEAST_NANOSECONDS
        and more >= _LEAST_TIME_RATIO * cost
        and fastest_but_few > 1.5 * slowest_but_few
    )


def _sorted(calls: Sequence[Operation], unit: str) -> list[Operation]:
    return sorted(calls, key=lambda call: call.arguments[unit])


def _middle(calls: Sequence[Operation]) -> Operation:
    return calls[len(calls) // 2]
