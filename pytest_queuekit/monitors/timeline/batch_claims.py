"""The claims of several tasks in one call."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from operator import attrgetter

from pytest_queuekit.model.history import History, Operation, Verb


def batches_of(history: History) -> Collection[Sequence[Operation]]:
    """Return the deliveries of each call that claimed several tasks, in the order of its answer."""
    # A batch is recorded as one claim per task, all with the actor and interval of the call.
    calls: dict[tuple[str, int, int | None], list[Operation]] = defaultdict(list)
    for claim in history.by(Verb.CLAIM):
        if "batch" in claim.arguments and claim.is_delivery:
            calls[claim.actor, claim.start, claim.end].append(claim)
    return calls.values()


class Encounters:
    """Answers whether a batch met another call: neither of two ended before the other began."""

    def __init__(self, history: History) -> None:
        self._calls = history.operations
        self._ends = sorted(call.end for call in history if call.end is not None)

    def is_alone(self, call: Operation) -> bool:
        """Return True if no call ran while a batch did, apart from the other parts of it."""
        start, end = call.start, math.inf if call.end is None else call.end
        begun = bisect_right(self._calls, end, key=attrgetter("start"))
        ended = bisect_left(self._ends, start)
        first = bisect_left(self._calls, start, key=attrgetter("start"))
        together = self._calls[first:begun]
        return begun - ended == sum(call.is_same_batch(other) for other in together)
