"""The checks that only the gate asks for: the eight checks of the package, and a daily load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_queuekit.execution.progress import Progress
from pytest_queuekit.gate import package
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.model.verdict import Measured, Measurement, Reason, RuleRun, Status, Verdict
from pytest_queuekit.performance.throughput import rate_of
from pytest_queuekit.rules.load import RATES, WORKERS, load_rules
from pytest_queuekit.rules.rule import Rule, judge
from pytest_queuekit.suites.check import Check, problem_check, queue_subjects
from pytest_queuekit.suites.plan import Plan
from pytest_queuekit.suites.rules import rule_check

CHECKS = "CHECKS"
"""The id of the check that runs the eight checks."""


class LoadSuite:
    """The suite of the checks that the gate adds for each queue."""

    name = "load"
    head = "queue-gate"
    noun = "gate check"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @classmethod
    def of(cls, plan: Plan) -> LoadSuite | None:
        """Return the suite; None if the run does not ask for it."""
        return cls(plan) if plan.gate and plan.queues else None

    def subjects(self) -> Sequence[RunSubject]:
        """Return the queues under test."""
        return queue_subjects(self._plan)

    def checks(self) -> Sequence[Check]:
        """Return the checks and the loads of each queue."""
        return [
            check
            for label, queue in self._plan.queues.items()
            for check in self._of_queue(label, queue)
        ]

    def close(self) -> None:
        """Release nothing."""

    def _of_queue(self, label: str, queue: QueueUnderTest) -> Iterator[Check]:
        yield problem_check(
            lambda _folder: package.eight_checks(queue),
            suite=self.name,
            rule=CHECKS,
            family=CHECKS,
            sentence="The eight checks pass",
            subject=label,
            name=f"{CHECKS}[{label}]",
        )
        for rule in load_rules(queue.contract):
            run = self._load(rule, queue)
            # The gate needs the whole run; a node id alone would be rejected.
            chosen = f"--queue-validate --queue-gate -k {rule.id}"
            yield rule_check(
                rule, label, queue, plan=self._plan, run=run, suite=self.name, chosen=chosen
            )

    def _load(self, rule: Rule, queue: QueueUnderTest) -> Callable[[Path, Progress], Verdict]:
        return lambda folder, progress: with_pace(
            judge(rule, queue, folder, self._plan.effort, progress)
        )


SUITE = LoadSuite


def with_pace(verdict: Verdict) -> Verdict:
    """Return the verdict on a load with the pace that the workers reached.

    If the workers reached less than half of the pace, the load was not tested: not run.
    """
    history = verdict.detail.history if isinstance(verdict.detail, RuleRun) else None
    if verdict.status is not Status.PASS or history is None:
        return verdict
    rate = RATES[verdict.rule]
    pace = Measurement(
        what=f"{WORKERS} workers at {rate:,} tasks/min",
        value=rate_of(history),
        target=rate / 2,
        unit="tasks/min",
        higher_is_better=True,
        depth=0,
        rounds=len(history),
    )
    detail = Measured(measurement=pace)
    if pace.met:
        return replace(verdict, detail=detail)
    text = f"inconclusive: the workers reached {pace.value:,.0f} of {rate:,} tasks/min"
    reason = Reason(kind="inconclusive", text=text)
    return replace(verdict, status=Status.NOT_RUN, reason=reason, detail=detail)
