"""A rule, and the judgement of a queue by a rule. All of it runs in a REPL, without pytest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Driver, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import (
    Reason,
    Requirement,
    RuleRun,
    Status,
    Verdict,
    Violation,
    undeclared,
)
from pytest_queuekit.monitors import Monitor
from pytest_queuekit.monitors.answers import answers
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.handed_out import handed_out
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.report.causes import BETWEEN_CAUSES
from pytest_queuekit.rules.cause import cause_of, follows
from pytest_queuekit.rules.declared import broken
from pytest_queuekit.rules.witness import complete


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One promise that a queue can keep or break.

    id: stable and citable, a family and a number: "CLAIM-1".
    slug: the promise in a few words, stable and unique: "stale-completion-refused".
    requirement: how binding the promise is.
    sentence: the promise.
    why: the damage if the promise is broken.
    needs: the capabilities without which the rule does not apply.
    scenario: what the actors do.
    drivers: how the actors interleave. Each makes its runs, until a run shows a violation.
    monitors: the judges of the histories, as to the promise.
    also: the judges of what else a run may show; their proofs follow those of the promise.
    exercises: the verbs that must succeed at least once in a run; otherwise the run proves nothing
        about this promise, and other rules judge why. A rule that no run of a driver exercises is
        not run, and leaves the queue without a verdict.
    level: the lowest level at which the rule is run.
    tolerates: the verbs that get invalid values, so that any error counts as a refusal.
    tolerates_from: the actors to which the queue may answer with any error.
    must_with: the capability that makes the promise binding, whatever `requirement` says.
    """

    id: str
    slug: str
    sentence: str
    why: str
    scenario: Scenario
    monitors: tuple[Monitor, ...]
    drivers: tuple[Driver, ...] = field(default_factory=lambda: (Sequence(),))
    needs: tuple[Capability, ...] = ()
    exercises: tuple[Verb, ...] = (Verb.ENQUEUE, Verb.CLAIM)
    requirement: Requirement = Requirement.MUST
    level: Level = Level.QUICK
    tolerates: tuple[Verb, ...] = ()
    tolerates_from: tuple[str, ...] = ()
    must_with: Capability | None = None
    also: tuple[Monitor, ...] = ()

    def requirement_for(self, contract: Contract) -> Requirement:
        """Return how binding the promise is for a queue."""
        binding = self.must_with in contract.capabilities
        return Requirement.MUST if binding else self.requirement

    def tolerated(self, call: Operation) -> bool:
        """Return True if a call ended in an error that counts as a refusal."""
        expected = call.verb in self.tolerates or call.actor in self.tolerates_from
        return call.error is not None and expected

    @property
    def driver_names(self) -> list[str]:
        """The names of the drivers, each once."""
        return list(dict.fromkeys(driver.name for driver in self.drivers))

    @property
    def concurrent(self) -> bool:
        """True if actors act at the same time in some run."""
        return any(driver.concurrent for driver in self.drivers)

    @property
    def family(self) -> str:
        """The part of the id before the number."""
        return self.id.rpartition("-")[0]


def judge(
    rule: Rule,
    queue: QueueUnderTest,
    folder: Path,
    effort: Effort,
    progress: Progress = silent,
) -> Verdict:
    """Try a rule on a queue, in an empty folder, and return the verdict."""
    began = time.perf_counter()
    status, reason, run, violations = _answer(rule, queue, folder, effort, progress)
    if run is not None:
        completed = (complete(violation, run.history) for violation in violations)
        violations = [
            replace(violation, declared=broken(violation, run.history, queue.contract))
            for violation in completed
        ]
    return Verdict(
        rule=rule.id,
        family=rule.family,
        requirement=rule.requirement_for(queue.contract),
        sentence=rule.sentence,
        queue=queue.contract.name,
        slug=rule.slug,
        status=status,
        reason=reason,
        seconds=time.perf_counter() - began,
        detail=RuleRun(
            driver=run.history.driver if run and violations else ", ".join(rule.driver_names),
            violations=tuple(violations),
            history=run.history if run else None,
            token=run.token if run else "",
            cause=_cause(rule, run, violations) if run and violations else "",
            test=run.test if run else "",
        ),
    )


_OWN_WORLDS = frozenset({"CLOCK", "FORK"})
"""Families whose scenarios change the world in a way that no call shows."""


def _cause(rule: Rule, run: Run, violations: list[Violation]) -> str:
    """Return the cause of a failure; two failures with several causes each need equal ones."""
    world = {fault.kind for fault in run.faults} | ({rule.family} & _OWN_WORLDS)
    enqueues = run.history.by(Verb.ENQUEUE)
    causes = {
        cause_of(violation, world=world, enqueues=enqueues): None
        for violation in violations
        if not follows(violation, violations)
    }
    return "" if "" in causes else BETWEEN_CAUSES.join(causes)


_Answer = tuple[Status, Reason | None, Run | None, list[Violation]]


def _answer(
    rule: Rule, queue: QueueUnderTest, folder: Path, effort: Effort, progress: Progress
) -> _Answer:
    lacking = queue.contract.lacks(rule.needs)
    if lacking:
        return Status.NOT_APPLICABLE, undeclared(lacking), None, []
    if effort.level < rule.level:
        level = rule.level.name.lower()
        reason = Reason(kind="level", text=f"requires --queue-level {level}", level=level)
        return Status.NOT_RUN, reason, None, []
    try:
        return _try(rule, queue, folder, effort, progress)
    except NotRunError as error:
        reason = Reason(kind=error.kind, text=str(error), level=error.level)
        return Status.NOT_RUN, reason, None, []


def _try(
    rule: Rule, queue: QueueUnderTest, folder: Path, effort: Effort, progress: Progress
) -> _Answer:
    """Run each driver until a run shows a violation.

    Raises NotRunError if no run shows a violation and some driver made no run that proves
    something.
    """
    run, obstacle = None, None
    for number, driver in enumerate(rule.drivers, start=1):
        home = folder / f"{number}-{driver.name}"
        home.mkdir()
        try:
            runs = driver.runs(rule.scenario, queue, home, effort, progress)
            run, violations = _judged(rule, runs, driver, queue.contract)
        except NotRunError as error:
            obstacle = obstacle or error
            continue
        if violations:
            return Status.FAIL, None, run, violations
    if obstacle is not None:
        raise obstacle
    return Status.PASS, None, run, []


def _judged(
    rule: Rule, runs: Iterable[Run], driver: Driver, contract: Contract
) -> tuple[Run, list[Violation]]:
    """Return the first run that shows a violation, with its violations, or else the last run.

    Raises NotRunError if there is no run, or if all of them together prove nothing.
    """
    run, gaps = None, []
    for run in runs:
        violations = violations_in(run.history, rule, contract)
        if not driver.concurrent and not run.faults:
            # Nobody else calls, so the queue is in its own way.
            violations += busy(run.history, contract)
        if violations:
            return run, violations
        gaps.append(_unexercised(rule, run))
        if not gaps[-1]:
            _require_conclusive(rule, run)
    if run is None:
        raise NotRunError(f"driver={driver.name!r} made no run", kind="inconclusive")
    if all(gaps):
        raise NotRunError(f"{gaps[0]}, so the rule was not exercised", kind="unexercised")
    return run, []


def _require_conclusive(rule: Rule, run: Run) -> None:
    if no_loss in rule.monitors and not run.history.drained:
        raise NotRunError(
            "the queue could not be emptied, so a lost task would not show", kind="inconclusive"
        )


def violations_in(history: History, rule: Rule, contract: Contract) -> list[Violation]:
    """Return what a history proves: first what breaks the promise, each time the shortest first.

    What follows from another violation comes last. Of a call that breaks the promise, nothing else
    is told.
    """
    violations = _found(rule.monitors, history, contract)
    told = {violation.witness[-1].number for violation in violations}
    more = _found(rule.also, history, contract)
    violations += [violation for violation in more if violation.witness[-1].number not in told]
    shown = {(violation.kind, violation.witness[-1].number) for violation in violations}
    violations += [
        violation
        for violation in _found((answers, handed_out), history, contract)
        if not all(rule.tolerated(call) for call in violation.witness if not call.ok)
        and (violation.kind, violation.witness[-1].number) not in shown
    ]
    return sorted(violations, key=lambda violation: follows(violation, violations))


def _found(monitors: Iterable[Monitor], history: History, contract: Contract) -> list[Violation]:
    found = (violation for monitor in monitors for violation in monitor(history, contract))
    return sorted(found, key=lambda violation: len(violation.witness))


def _unexercised(rule: Rule, run: Run) -> str:
    """Return why a run proves nothing about a rule; empty if it exercised the rule."""
    for verb in rule.exercises:
        calls = list(run.history.by(verb))
        if not any(map(_succeeded, calls)):
            ends = Counter("empty" if call.is_empty else str(call.outcome) for call in calls)
            how = ", ".join(f"{count} {end}" for end, count in ends.items())
            return f"no {verb} succeeded ({how or 'none was called'})"
    planned = Counter(fault.kind for fault in run.faults)
    unstruck = Counter(fault.kind for fault in run.unstruck)
    missing = [kind for kind, count in planned.items() if unstruck[kind] == count]
    return f"no planned {missing[0]} struck" if missing else ""


def _succeeded(operation: Operation) -> bool:
    return operation.is_delivery if operation.verb is Verb.CLAIM else operation.ok


def by_id(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Return rules by id."""
    return {rule.id: rule for rule in rules}
