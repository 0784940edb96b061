"""The protocol of all suites: a suite has checks, and a check has an answer.

A further suite is one module whose `SUITE` is a class of this form, and one line in the table
`SUITES` of `plugin.options`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.model.verdict import (
    Finding,
    Findings,
    Measured,
    Reason,
    Requirement,
    RuleRun,
    Status,
    Verdict,
)
from pytest_queuekit.performance.stopwatch import Stopwatch
from pytest_queuekit.suites.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Context:
    """The resources of a check.

    folder: empty and private.
    stopwatch: makes a Stopwatch, or raises NotRunError if nothing can be measured here.
    progress: called with the awaited event when the check waits in real time.
    """

    folder: Path
    stopwatch: Callable[[], Stopwatch]
    progress: Progress = silent


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a suite, about one subject.

    suite: the suite's name.
    rule: the id, stable and citable: "ACK-6". slug: the promise in a few words.
    family: the heading under which it is counted.
    requirement, sentence: how binding it is, and what must hold.
    subject: the label of the queue, or the path of the checked files.
    name: the last part of the node id: "ACK-6[shop]".
    answer: finds the verdict.
    keywords: further words for `-k`. marks: markers of the item.
    lane: the number of the lane, for one lane of a race under pytest-xdist; 0 for any other check.
    measures: True if the check times calls and must not share the machine.
    """

    suite: str
    rule: str
    slug: str = ""
    family: str
    requirement: Requirement = Requirement.MUST
    sentence: str
    subject: str
    name: str
    answer: Callable[[Context], Verdict]
    keywords: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    lane: int = 0
    measures: bool = False

    @property
    def meanings(self) -> tuple[str, ...]:
        """The words that select the check in a node id: its name, its id, its slug, its family."""
        queue = f"[{self.subject}]"
        names = (self.name, f"{self.rule}{queue}", self.rule, self.slug, self.family)
        return tuple(name for name in names if name)

    def verdict(
        self,
        status: Status,
        *,
        reason: Reason | None = None,
        detail: RuleRun | Measured | Findings | None = None,
    ) -> Verdict:
        """Return an answer to this check."""
        return Verdict(
            suite=self.suite,
            rule=self.rule,
            slug=self.slug,
            family=self.family,
            requirement=self.requirement,
            sentence=self.sentence,
            queue=self.subject,
            status=status,
            reason=reason,
            detail=detail or Findings(),
        )


class Suite(Protocol):
    """A set of checks that a run can contain."""

    @classmethod
    def of(cls, plan: Plan) -> Suite | None:
        """Return the suite; None if the run does not ask for it."""

    @property
    def name(self) -> str:
        """The name of the suite in verdicts and reports."""

    @property
    def head(self) -> str:
        """The head of the suite's node ids, which is also the option that asks for the suite."""

    @property
    def noun(self) -> str:
        """The noun for one of its checks: "rule"."""

    def subjects(self) -> Sequence[RunSubject]:
        """Return the subjects of the suite."""

    def checks(self) -> Sequence[Check]:
        """Return all checks of the suite, in order, without running any."""

    def close(self) -> None:
        """Release the resources that the checks shared."""


def queue_subjects(plan: Plan) -> list[RunSubject]:
    """Return the queues under test as subjects, with their limitations in words."""
    return [
        RunSubject(
            label=label,
            title=f"{label} {queue.version}".strip(),
            notes=tuple(note for note in queue.contract.limitations if isinstance(note, str)),
            contradiction=queue.contract.contradiction,
        )
        for label, queue in plan.queues.items()
    ]


def problem_check(
    find: Callable[[Path], Sequence[str]],
    *,
    suite: str,
    rule: str,
    name: str,
    family: str,
    sentence: str,
    subject: str,
    keywords: tuple[str, ...] = (),
) -> Check:
    """Return a check whose answer is a list of problems, a sentence each; none means pass.

    `find` takes an empty folder, and raises NotRunError if the check does not apply.
    """

    def answer(context: Context) -> Verdict:
        try:
            problems = find(context.folder)
        except NotRunError as error:
            reason = Reason(kind=error.kind, text=str(error), level=error.level)
            return check.verdict(Status.NOT_APPLICABLE, reason=reason)
        findings = tuple(
            Finding(kind=rule.lower(), title=f"{sentence}: failed"[:60], detail=problem)
            for problem in problems
        )
        status = Status.FAIL if problems else Status.PASS
        return check.verdict(status, detail=Findings(findings=findings))

    check = Check(
        suite=suite,
        rule=rule,
        family=family,
        sentence=sentence,
        subject=subject,
        name=name,
        answer=answer,
        keywords=keywords,
    )
    return check
