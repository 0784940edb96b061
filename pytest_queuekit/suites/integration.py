"""The integration test of each team: a worker does its whole work on the queue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pytest_queuekit.gate import package
from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.suites.check import Check, problem_check, queue_subjects
from pytest_queuekit.suites.plan import Plan

FAMILY = "INTEGRATION"
"""The word by which `-k` finds the checks."""


class IntegrationSuite:
    """The suite of `validate_worker_integration()`, for each queue and team."""

    name = "integration"
    head = "queue-worker"
    noun = "integration test"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @classmethod
    def of(cls, plan: Plan) -> IntegrationSuite | None:
        """Return the suite; None if the run does not ask for it."""
        return cls(plan) if plan.queues and (plan.teams or plan.gate) else None

    def subjects(self) -> Sequence[RunSubject]:
        """Return the queues under test."""
        return queue_subjects(self._plan)

    def checks(self) -> Sequence[Check]:
        """Return a check for each queue and team; without teams, one that any worker must pass."""
        teams = [team.number for team in self._plan.teams] or ["any"]
        return [
            problem_check(
                partial(package.integration, queue, worker=f"worker-{team}"),
                suite=self.name,
                rule=team,
                family=FAMILY,
                sentence="A worker can do its whole work",
                subject=label,
                name=f"{team}[{label}]",
                keywords=(FAMILY,),
            )
            for label, queue in self._plan.queues.items()
            for team in teams
        ]

    def close(self) -> None:
        """Release nothing."""


SUITE = IntegrationSuite
