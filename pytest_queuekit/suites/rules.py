"""The rules of the catalogue, each for each queue under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_queuekit.execution.progress import Progress
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.model.verdict import Verdict
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import Rule, judge
from pytest_queuekit.suites import lanes
from pytest_queuekit.suites.check import Check, Context, queue_subjects
from pytest_queuekit.suites.context import with_context
from pytest_queuekit.suites.plan import Plan
from pytest_queuekit.suites.preflight import guard
from pytest_queuekit.suites.waivers import waive


class RulesSuite:
    """The suite of the rules."""

    name = "rules"
    head = "queue-validate"
    noun = "rule"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rules = [rule for rule in CATALOGUE if plan.concerns(rule.id)]

    @classmethod
    def of(cls, plan: Plan) -> RulesSuite | None:
        """Return the suite; None if the run does not ask for it."""
        return cls(plan) if plan.rules else None

    def subjects(self) -> Sequence[RunSubject]:
        """Return the queues under test."""
        return queue_subjects(self._plan)

    def checks(self) -> Sequence[Check]:
        """Return a check for each queue and rule, and one for each lane of a race."""
        return [
            guard(check, queue)
            for label, queue in self._plan.queues.items()
            for check in self._of_queue(label)
        ]

    def close(self) -> None:
        """Release nothing: each rule has a queue of its own."""

    def _of_queue(self, label: str) -> Iterator[Check]:
        queue, effort, track = self._plan.queues[label], self._plan.effort, self._plan.track
        for rule in self._rules:
            run = partial(_judge, rule, queue, effort)
            yield rule_check(rule, label, queue, plan=self._plan, run=run)
        for rule in self._rules if track else ():
            if not track or not lanes.races(rule, queue, effort):
                continue
            for lane in range(1, track.lanes + 1):
                run = partial(
                    lanes.judge_lane, rule, queue, effort, track=track, lane=lane, label=label
                )
                check = rule_check(rule, label, queue, plan=self._plan, run=run)
                yield replace(check, name=f"{rule.id}-lane-{lane}[{label}]", lane=lane)


SUITE = RulesSuite


def _judge(
    rule: Rule, queue: QueueUnderTest, effort: Effort, folder: Path, progress: Progress
) -> Verdict:
    return judge(rule, queue, folder, effort, progress)


def rule_check(
    rule: Rule,
    label: str,
    queue: QueueUnderTest,
    *,
    plan: Plan,
    run: Callable[[Path, Progress], Verdict],
    suite: str = RulesSuite.name,
    chosen: str = "",
) -> Check:
    """Return the check that tries a rule on a queue; `run` takes an empty folder.

    chosen: the arguments of pytest that select the check; by default, its node id.
    """
    name = f"{rule.id}[{label}]"
    arguments = chosen or f"'{RulesSuite.head}::{name}'"

    def answer(context: Context) -> Verdict:
        verdict = run(context.folder, context.progress)
        verdict = replace(verdict, queue=label, suite=suite)
        return waive(
            with_context(verdict, rule, queue, plan.effort, arguments),
            queue.contract,
            plan.waivers,
        )

    return Check(
        suite=suite,
        rule=rule.id,
        slug=rule.slug,
        family=rule.family,
        requirement=rule.requirement_for(queue.contract),
        sentence=rule.sentence,
        subject=label,
        name=name,
        answer=answer,
        keywords=(rule.requirement_for(queue.contract).value, *rule.driver_names),
        marks=("queue_stress",) if rule.concurrent else (),
    )
