"""A task whose only attempt ended with its worker's death is a dead letter."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import cite_limit
from pytest_queuekit.monitors.timeline.deaths import OnlyAttempts
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.tasks import DeadLetters, TaskHistory, tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, when


def worker_death(history: History, contract: Contract) -> list[Violation]:
    """Report `death-hidden`: a task that its dead worker took along.

    It had a single attempt, was not delivered again, and is not among the dead letters. `stats`
    judges whether it is counted as dead.
    """
    attempts = OnlyAttempts(history, contract)
    return smallest(
        wrong
        for task in tasks_of(history).values()
        for wrong in _hidden(history, contract, attempts, task)
    )


def _hidden(
    history: History, contract: Contract, attempts: OnlyAttempts, task: TaskHistory
) -> Iterator[Violation]:
    proof = attempts.proof_of_death(task)
    answer = proof and history.derived(DeadLetters).first_without(task.label, proof)
    if answer is not None:
        claim = task.deliveries[0].claim
        yield violation(
            "death-hidden",
            "Task of a dead worker missing from the dead letters",
            f"{actor(claim)} claimed {task.label} {when(history, claim)} and never "
            f"acknowledged it ({cite_limit(task, contract)}). It was not delivered again, and "
            f"not among the dead letters that {actor(answer)} read {when(history, answer)}.",
            *task.enqueues,
            claim,
            proof,
            answer,
        )
