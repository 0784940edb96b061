"""What the kit says in the end: a verdict for each rule and queue. Reports know only this."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from pytest_queuekit.model.history import History, Operation


class Status(enum.StrEnum):
    """What is known about a rule after the run. There is no silent pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"


class Requirement(enum.StrEnum):
    """How binding a rule is (RFC 2119). A broken SHOULD or MAY is shown, and fails nothing."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in a source file something stands.

    path: of the file, as it was given.
    line, end_line: from 1.
    column, end_column: letters from 1; the end is the first column behind it.
    text: the source line.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One proof that a promise was broken.

    kind: a stable word for machines, such as "double-delivery".
    title: what happened, in at most 60 characters that stand alone.
    detail: what happened, with the actors, the task and the times.
    witness: the few operations that prove it, in order of start.
    place: where in the source it stands, for what a review found.
    """

    kind: str
    title: str = ""
    detail: str
    witness: tuple[Operation, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What was measured where a rule is a target of performance.

    what: the operation, in a word or two.
    value: the median, in `unit`.
    target: what it may be at most, or must be at least, in `unit`.
    unit: "ms" or "tasks/min".
    higher_is_better: whether the target is a least value.
    depth: tasks that were waiting in the queue meanwhile.
    rounds: how often it was measured.
    p95: what 19 of 20 rounds kept within, in `unit`; None where that says nothing.
    """

    what: str
    value: float
    target: float
    unit: str
    higher_is_better: bool = False
    depth: int
    rounds: int
    p95: float | None = None

    @property
    def met(self) -> bool:
        """Whether the target is kept."""
        return self.value >= self.target if self.higher_is_better else self.value < self.target


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found about one rule on one queue.

    rule, family, requirement, sentence: the rule's id, family, force and text.
    queue: the name of the queue under test.
    status: what is known.
    reason: why there is no answer, for not applicable and not run.
    driver: how the actors were interleaved.
    violations: the proofs, smallest first, for a failure.
    history: the run that the proofs come from.
    seconds: how long the answer took.
    measurement: what was measured, for a target of performance.
    """

    rule: str
    family: str
    requirement: Requirement
    sentence: str
    queue: str
    status: Status
    reason: str = ""
    driver: str = ""
    violations: tuple[Violation, ...] = ()
    history: History | None = None
    seconds: float = 0.0
    measurement: Measurement | None = None

    @property
    def failed(self) -> bool:
        """Whether the queue breaks what it must keep."""
        return self.status is Status.FAIL and self.requirement is Requirement.MUST
