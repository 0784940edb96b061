"""The counts that a queue reports are correct."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.state_bounds import STATES, StateBounds
from pytest_queuekit.monitors.timeline.wording import actor, when

_MOST_PROVEN = 20
"""Wrong counts for which a proof is built."""


def stats(history: History, contract: Contract) -> list[Violation]:
    """Report `wrong-count`: a count that no order of the operations explains.

    Each count is judged alone: it lies between the number of tasks that were certainly in the state
    and the number that may have been. Delayed tasks, and failed tasks that wait to be retried, are
    queued.
    """
    answers = [answer for answer in history.by(Verb.STATS) if answer.ok and answer.end is not None]
    if not answers:
        return []
    bounds = StateBounds(history, contract)
    violations = (wrong for answer in answers for wrong in _wrong(history, bounds, answer))
    return smallest(islice(violations, _MOST_PROVEN))


def _wrong(history: History, bounds: StateBounds, answer: Operation) -> Iterator[Violation]:
    for state in STATES:
        count = answer.result.get(state) if isinstance(answer.result, dict) else None
        if not isinstance(count, int):
            continue
        least, most = bounds.bounds(state, answer)
        if not least <= count <= most:
            expected = f"exactly {least}" if least == most else f"between {least} and {most}"
            yield violation(
                "wrong-count",
                f"Wrong count of {state} tasks",
                f"{actor(answer)} read {state}={count} {when(history, answer)}. The correct count "
                f"is {expected}.",
                answer,
                *bounds.witnesses(state, answer)[:3],
            )
