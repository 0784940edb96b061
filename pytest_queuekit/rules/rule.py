"""A rule, and how it is put to a queue. Plain functions: all of it runs in a REPL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.scenario import Driver, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import FROM_LEVEL, Effort, Level
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Requirement, Status, Verdict, Violation
from pytest_queuekit.monitors.answers import answers
from pytest_queuekit.monitors.no_loss import no_loss

Monitor = Callable[[History, Contract], list[Violation]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One promise that a queue can keep or break.

    id: stable and citable, a family and a number: "CLAIM-1".
    slug: the promise in a few words, stable and unique: "stale-completion-refused".
    requirement: how binding it is.
    sentence: what must hold.
    why: what goes wrong where it does not hold.
    needs: the capabilities without which it does not apply.
    scenario, driver: what is done, and how it is interleaved.
    monitors: what must hold of the history.
    exercises: verbs of which at least one must have succeeded, or nothing was put to the test.
    level: from which it is run.
    tolerates: verbs that are given nonsense, so that any error of theirs counts as a refusal.
    chance: whether timing decides what a run shows, so that it is run for `Effort.rounds` times.
    """

    id: str
    slug: str
    sentence: str
    why: str
    scenario: Scenario
    monitors: tuple[Monitor, ...]
    driver: Driver = field(default_factory=Sequence)
    needs: tuple[Capability, ...] = ()
    exercises: tuple[Verb, ...] = (Verb.ENQUEUE, Verb.CLAIM)
    requirement: Requirement = Requirement.MUST
    level: Level = Level.QUICK
    tolerates: tuple[Verb, ...] = ()
    chance: bool = False

    @property
    def family(self) -> str:
        """The part of the id before the number."""
        return self.id.rpartition("-")[0]


def judge(rule: Rule, queue: QueueUnderTest, folder: Path, effort: Effort) -> Verdict:
    """Put a rule to a queue, in an empty folder, and return the verdict."""
    began = time.perf_counter()
    status, reason, history, violations = _find(rule, queue, folder, effort)
    return Verdict(
        rule=rule.id,
        family=rule.family,
        requirement=rule.requirement,
        sentence=rule.sentence,
        queue=queue.contract.name,
        status=status,
        reason=reason,
        driver=rule.driver.name,
        violations=tuple(sorted(violations, key=lambda one: len(one.witness))),
        history=history,
        seconds=time.perf_counter() - began,
    )


_Finding = tuple[Status, str, History | None, list[Violation]]


def _find(rule: Rule, queue: QueueUnderTest, folder: Path, effort: Effort) -> _Finding:
    lacking = queue.contract.lacks(rule.needs)
    if lacking:
        return Status.NOT_APPLICABLE, "not declared: " + ", ".join(lacking), None, []
    if effort.level < rule.level:
        return Status.NOT_RUN, f"{FROM_LEVEL} {rule.level.name.lower()}", None, []
    try:
        return _run(rule, queue, folder, effort)
    except NotRunError as error:
        return Status.NOT_RUN, str(error), None, []


def _run(rule: Rule, queue: QueueUnderTest, folder: Path, effort: Effort) -> _Finding:
    """Run once, or again and again until chance shows a violation or the rounds are over."""
    history = None
    for number in range(effort.rounds if rule.chance else 1):
        home = folder / f"round-{number + 1}"
        home.mkdir()
        history = rule.driver.run(rule.scenario, queue, home, effort)
        found = violations_in(history, rule, queue.contract)
        if found:
            return Status.FAIL, "", history, found
        if no_loss in rule.monitors and not history.drained:
            raise NotRunError("the queue could not be emptied, so nobody knows whether it lost any")
    return Status.PASS, "", history, []


def violations_in(history: History, rule: Rule, contract: Contract) -> list[Violation]:
    """Return what a history proves against a rule; without any, that nothing was tried."""
    found = [one for monitor in rule.monitors for one in monitor(history, contract)]
    found += [one for one in answers(history, contract) if not _tolerated(rule, one)]
    return found or _unexercised(rule, history)


def _tolerated(rule: Rule, found: Violation) -> bool:
    return all(one.error and one.verb in rule.tolerates for one in found.witness)


def _unexercised(rule: Rule, history: History) -> list[Violation]:
    return [
        Violation(
            kind="never-exercised",
            detail=f"no {verb} succeeded, so nothing was put to the test",
            witness=tuple(history.by(verb)[:2]),
        )
        for verb in rule.exercises
        if not any(_succeeded(operation) for operation in history.by(verb))
    ]


def _succeeded(operation: Operation) -> bool:
    return operation.is_delivery if operation.verb is Verb.CLAIM else operation.ok


def by_id(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Return rules under their ids."""
    return {rule.id: rule for rule in rules}
