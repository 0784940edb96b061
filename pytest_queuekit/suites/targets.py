"""The performance targets, each for each queue under test."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.model.verdict import Requirement, Verdict
from pytest_queuekit.performance.judgement import Conditions, judge_target
from pytest_queuekit.performance.targets import TARGETS, Target
from pytest_queuekit.performance.workbench import Workbench
from pytest_queuekit.suites.check import Check, Context, queue_subjects
from pytest_queuekit.suites.plan import Performance, Plan
from pytest_queuekit.suites.preflight import guard
from pytest_queuekit.suites.waivers import waive


class TargetsSuite:
    """The suite of the performance targets. Those of one queue share a filled queue."""

    name = "targets"
    head = "queue-validate"
    noun = "target"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._shared = ExitStack()
        self._benches: dict[str, Workbench] = {}

    @classmethod
    def of(cls, plan: Plan) -> TargetsSuite | None:
        """Return the suite; None if the run does not ask for it."""
        measured = any(mode is not Performance.OFF for mode in plan.performance.values())
        return cls(plan) if plan.rules and measured else None

    def subjects(self) -> Sequence[RunSubject]:
        """Return the queues that are measured."""
        measured = self._plan.performance
        return [
            subject
            for subject in queue_subjects(self._plan)
            if measured[subject.label] is not Performance.OFF
        ]

    def checks(self) -> Sequence[Check]:
        """Return a check for each queue and target."""
        return [
            guard(self._check(subject.label, target), self._plan.queues[subject.label])
            for subject in self.subjects()
            for target in TARGETS
            if self._plan.concerns(target.id)
        ]

    def close(self) -> None:
        """Close and delete the filled queues."""
        self._benches.clear()
        self._shared.close()

    def _check(self, label: str, target: Target) -> Check:
        strict = self._plan.performance[label] is Performance.STRICT
        requirement = Requirement.MUST if strict else Requirement.SHOULD
        return Check(
            suite=self.name,
            rule=target.id,
            slug=target.slug,
            family=target.family,
            requirement=requirement,
            sentence=target.sentence,
            subject=label,
            name=f"{target.id}[{label}]",
            answer=partial(self._measure, label, target, requirement),
            marks=("queue_perf",),
            measures=True,
        )

    def _measure(
        self, label: str, target: Target, requirement: Requirement, context: Context
    ) -> Verdict:
        conditions = Conditions(
            queue=self._plan.queues[label],
            label=label,
            effort=self._plan.effort,
            workbench=partial(self._bench, label),
            stopwatch=context.stopwatch,
            folder=context.folder,
        )
        verdict = judge_target(target, conditions, requirement)
        return waive(verdict, self._plan.queues[label].contract, self._plan.waivers)

    def _bench(self, label: str) -> Workbench:
        """Return the filled queue; the first target that asks for it fills it."""
        if label not in self._benches:
            folder = self._shared.enter_context(
                TemporaryDirectory(prefix="queuekit-", ignore_cleanup_errors=True)
            )
            bench = Workbench(self._plan.queues[label], Path(folder), self._plan.effort.level)
            self._shared.callback(bench.close)
            self._benches[label] = bench
        return self._benches[label]


SUITE = TargetsSuite
