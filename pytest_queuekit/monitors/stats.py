"""The counts that a queue reports are true."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.state_bounds import STATES, Census

_TOLD = 20
"""Wrong counts for which a proof is looked for."""


def stats(history: History, contract: Contract) -> list[Violation]:
    """Find `wrong-count`: a number that no order of what was going on explains.

    Each count is judged for itself, between the tasks that were certainly in that state and those
    that can have been. Delayed tasks, and those that wait to be tried again, are queued.
    """
    counted = [one for one in history.by(Verb.STATS) if one.ok and one.end is not None]
    if not counted:
        return []
    census = Census(history, contract)
    found = (found for one in counted for found in _wrong(history, census, one))
    return smallest(islice(found, _TOLD))


def _wrong(history: History, census: Census, counted: Operation) -> Iterator[Violation]:
    for state in STATES:
        told = counted.result.get(state) if isinstance(counted.result, dict) else None
        if not isinstance(told, int):
            continue
        least, most = census.bounds(state, counted)
        if not least <= told <= most:
            truth = f"{least}" if least == most else f"between {least} and {most}"
            yield violation(
                "wrong-count",
                f"{counted.actor} was told {state}={told} ({span(history, counted)}); it was "
                f"{truth}",
                counted,
                *census.witnesses(state, counted)[:3],
            )
