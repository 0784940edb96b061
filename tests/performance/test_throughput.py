"""Tasks a minute, from what was observed."""

from __future__ import annotations

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.history import SECOND, History, Operation, Outcome, Verb
from pytest_queuekit.performance.throughput import rate_of


def _operation(verb: Verb, begin: float, end: float, task: str | None = "t") -> Operation:
    return Operation(
        actor="w",
        verb=verb,
        start=round(begin * SECOND),
        end=round(end * SECOND),
        outcome=Outcome.OK,
        task=task,
    )


def test_the_rate_is_deliveries_from_first_claim_to_last_answer() -> None:
    """Two tasks in four seconds are thirty a minute; enqueues and empty answers do not count."""
    history = History.of(
        [
            _operation(Verb.ENQUEUE, 0, 100),
            _operation(Verb.CLAIM, 101, 102),
            _operation(Verb.CLAIM, 102, 103),
            _operation(Verb.COMPLETE, 103, 105),
            _operation(Verb.CLAIM, 105, 200, task=None),
        ]
    )
    assert rate_of(history) == pytest.approx(30)


def test_without_deliveries_the_rate_is_unknown() -> None:
    """Workers that were given nothing were not fast."""
    with pytest.raises(NotRunError, match="no worker received a task"):
        rate_of(History.of([_operation(Verb.CLAIM, 0, 1, task=None)]))
