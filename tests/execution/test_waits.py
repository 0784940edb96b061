"""How long a run waits at its end."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_queuekit.execution.waits import longest_wait
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb
from tests.queues.small_sqlite import SmallSqliteQueue

LEASE = 60.0


def _call(number: int, verb: Verb, start: int, end: int, **fields: Any) -> Operation:
    return Operation(
        number=number,
        verb=verb,
        start=start * SECOND,
        end=end * SECOND,
        outcome=Outcome.OK,
        task="task-1",
        **fields,
    )


@pytest.mark.parametrize(
    ("completed_by", "seconds"), [("patient", 0.0), ("quick", LEASE)], ids=["latest", "stale"]
)
def test_a_completion_ends_a_task_if_its_delivery_ended_last(
    completed_by: str, seconds: float
) -> None:
    """The claim of that delivery may have begun first, and waited for the other worker."""
    claims = {
        "patient": _call(2, Verb.CLAIM, 1, 9, actor="patient"),
        "quick": _call(3, Verb.CLAIM, 2, 3, actor="quick"),
    }
    operations = [
        _call(1, Verb.ENQUEUE, 0, 1, actor="producer"),
        *claims.values(),
        _call(
            *(4, Verb.COMPLETE, 10, 11),
            actor=completed_by,
            claim=claims[completed_by].number,
        ),
    ]
    assert longest_wait(operations, Contract.of(SmallSqliteQueue), LEASE) == seconds
