"""Verdicts, runs and operations in few words, for the tests of reports."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb
from pytest_queuekit.model.run_result import RunResult, RunSubject, SuiteResult
from pytest_queuekit.model.verdict import (
    Finding,
    Findings,
    Measured,
    Measurement,
    Reason,
    Requirement,
    RuleRun,
    Status,
    Verdict,
    Violation,
    undeclared,
)

MYQUEUE = RunSubject(label="myqueue", title="myqueue 1.0")
DOUBLE = Violation(
    kind="double", title="Task delivered twice", detail="task-1 went to w1 and to w2"
)
LATER = Reason(kind="level", text="requires --queue-level deep", level="deep")


def operation(verb: Verb, at: float, **fields: Any) -> Operation:
    """Return an operation that begins after `at` seconds and takes a millisecond."""
    start = round(at * SECOND)
    given: dict[str, Any] = {
        "actor": "w1",
        "start": start,
        "end": start + SECOND // 1000,
        "outcome": Outcome.OK,
        **fields,
    }
    return Operation(verb=verb, **given)


def verdict(rule: str = "CLAIM-1", status: Status = Status.PASS, **fields: Any) -> Verdict:
    """Return a verdict on a rule."""
    given: dict[str, Any] = {
        "slug": "one-worker-a-task",
        "family": rule.rpartition("-")[0],
        "requirement": Requirement.MUST,
        "sentence": "A task goes to one worker.",
        "queue": "myqueue",
        "detail": RuleRun(driver="sequence"),
        **fields,
    }
    return Verdict(rule=rule, status=status, **given)


def absent(rule: str, *capabilities: str) -> Verdict:
    """Return the verdict on a rule that does not apply."""
    return verdict(rule, Status.NOT_APPLICABLE, reason=undeclared(capabilities or ("lease",)))


def broken(rule: str = "CLAIM-1", *violations: Violation, **fields: Any) -> Verdict:
    """Return the verdict on a broken rule."""
    run = RuleRun(driver="sequence", violations=violations or (DOUBLE,))
    return verdict(rule, Status.FAIL, **{"detail": run, **fields})


def error(rule: str, text: str = "KeyError: 'x'") -> Verdict:
    """Return the verdict on a rule during which the kit failed."""
    return verdict(rule, Status.ERROR, reason=Reason(kind="error", text=text))


def cut_off(rule: str) -> Verdict:
    """Return the verdict on a rule that the run did not reach."""
    reason = Reason(kind="unfinished", text="the run ended before this check")
    return verdict(rule, Status.NOT_RUN, reason=reason)


def unexercised(rule: str, **fields: Any) -> Verdict:
    """Return the verdict on a rule that the queue did not let exercise."""
    reason = Reason(kind="unexercised", text="no claim succeeded (2 empty)")
    return verdict(rule, Status.NOT_RUN, reason=reason, **fields)


def checked(rule: str, *problems: str, sentence: str = "Schema Integrity") -> Verdict:
    """Return the verdict on a check that found problems."""
    findings = tuple(Finding(kind=rule, title="Failed", detail=problem) for problem in problems)
    status = Status.FAIL if problems else Status.PASS
    detail = Findings(findings=findings)
    return verdict(rule, status, suite="database", sentence=sentence, detail=detail)


def speed(*, met: bool = True, rule: str = "PERF-2", **fields: Any) -> Verdict:
    """Return the verdict on a performance target."""
    given: dict[str, Any] = {"value": 1.0 if met else 9.0, "target": 5, **fields}
    measured = Measurement(what="claim", unit="ms", depth=1000, rounds=100, **given)
    status = Status.PASS if met else Status.FAIL
    return verdict(
        rule, status, suite="targets", slug="fast-claim", detail=Measured(measurement=measured)
    )


def unmeasured(rule: str = "PERF-1") -> Verdict:
    """Return the verdict on a target that was not measured."""
    reason = Reason(kind="unmeasured", text="not measured: run without -n")
    return verdict(rule, Status.NOT_RUN, suite="targets", reason=reason, detail=Measured())


def run(
    *verdicts: Verdict, total: int = 0, subject: RunSubject = MYQUEUE, **fields: Any
) -> RunResult:
    """Return a run with these verdicts on one subject, sorted into their suites."""
    nouns = {"rules": "rule", "targets": "target", "database": "check"}
    suites = []
    for name, noun in nouns.items():
        own = tuple(verdict for verdict in verdicts if verdict.suite == name)
        if own:
            count = total if name == "rules" and total else len(own)
            suites.append(
                SuiteResult(suite=name, noun=noun, subject=subject, verdicts=own, total=count)
            )
    environment = {
        "level": "quick",
        "python": "3.11.7",
        "sqlite": "3.40.1",
        "pytest": "9.0.0",
        "queuekit": "0.1.0",
        "platform": "Linux x86_64",
    }
    return RunResult(environment=environment, suites=tuple(suites), **fields)
