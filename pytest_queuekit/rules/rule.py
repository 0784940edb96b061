"""A rule, and how it is put to a queue. Plain functions: all of it runs in a REPL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.monitors.answers import answers

from pytest_queuekit.contract import Capability, Contract
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.history import History, Operation, Verb
from pytest_queuekit.level import Effort, Level
from pytest_queuekit.scenario import Driver, Scenario
from pytest_queuekit.subject import Subject
from pytest_queuekit.verdict import Requirement, Status, Verdict, Violation

Monitor = Callable[[History, Contract], list[Violation]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One promise that a queue can keep or break.

    id: stable and citable, a family and a number: "CLAIM-1".
    requirement: how binding it is.
    sentence: what must hold.
    why: what goes wrong where it does not hold.
    needs: the capabilities without which it does not apply.
    scenario, driver: what is done, and how it is interleaved.
    monitors: what must hold of the history.
    exercises: verbs of which at least one must have succeeded, or nothing was put to the test.
    level: from which it is run.
    """

    id: str
    sentence: str
    why: str
    scenario: Scenario
    driver: Driver
    monitors: tuple[Monitor, ...]
    needs: tuple[Capability, ...] = ()
    exercises: tuple[Verb, ...] = (Verb.ENQUEUE, Verb.CLAIM)
    requirement: Requirement = Requirement.MUST
    level: Level = Level.QUICK

    @property
    def family(self) -> str:
        """The part of the id before the number."""
        return self.id.rpartition("-")[0]


def judge(rule: Rule, subject: Subject, folder: Path, effort: Effort) -> Verdict:
    """Put a rule to a queue, in an empty folder, and return the verdict."""
    began = time.perf_counter()
    status, reason, history, violations = _find(rule, subject, folder, effort)
    return Verdict(
        rule=rule.id,
        family=rule.family,
        requirement=rule.requirement,
        sentence=rule.sentence,
        queue=subject.contract.name,
        status=status,
        reason=reason,
        driver=rule.driver.name,
        violations=tuple(sorted(violations, key=lambda one: len(one.witness))),
        history=history,
        seconds=time.perf_counter() - began,
    )


_Finding = tuple[Status, str, History | None, list[Violation]]


def _find(rule: Rule, subject: Subject, folder: Path, effort: Effort) -> _Finding:
    lacking = subject.contract.lacks(rule.needs)
    if lacking:
        return Status.NOT_APPLICABLE, "not declared: " + ", ".join(lacking), None, []
    if effort.level < rule.level:
        return Status.NOT_RUN, f"runs from level {rule.level.name.lower()}", None, []
    try:
        history = rule.driver.run(rule.scenario, subject, folder, effort)
    except NotRunError as error:
        return Status.NOT_RUN, str(error), None, []
    found = [one for monitor in rule.monitors for one in monitor(history, subject.contract)]
    found += answers(history, subject.contract)
    found = found or _unexercised(rule, history)
    return (Status.FAIL if found else Status.PASS), "", history, found


def _unexercised(rule: Rule, history: History) -> list[Violation]:
    return [
        Violation(
            kind="never-exercised",
            sentence=f"no {verb} succeeded, so nothing was put to the test",
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
