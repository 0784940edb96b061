"""The answer to one check after a run, with its proof. Reports read verdicts and nothing else."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_queuekit.model.history import History, Operation


class Status(enum.StrEnum):
    """The answer to a check. A check without an answer has its own status; it never passes."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    WAIVED = "waived"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"
    ERROR = "error"


class Requirement(enum.StrEnum):
    """How binding a check is (RFC 2119). A failed SHOULD or MAY is shown and fails no run."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a check has no answer, as data.

    kind: a stable word for machines: an `errors.Obstacle`, or "undeclared", "skipped",
        "unfinished", "preflight", "error".
    text: the reason in words, for people alone: a line, and perhaps more, such as a traceback.
    capabilities: for "undeclared", the capabilities that the queue lacks.
    level: for "level", the lowest `--queue-level` that answers.
    """

    kind: str
    text: str
    capabilities: tuple[str, ...] = ()
    level: str = ""

    def __str__(self) -> str:
        return self.text.partition("\n")[0]


def undeclared(lacking: Sequence[str]) -> Reason:
    """Return why a check does not apply to a queue that lacks capabilities."""
    names = tuple(map(str, lacking))
    return Reason(kind="undeclared", text=f"not declared: {', '.join(names)}", capabilities=names)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """The acceptance of a known failure.

    reason: why it is accepted. source: where the failure is documented, such as "README, Payloads".
    """

    reason: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in a source file.

    path: of the file, as it was given.
    line, end_line: from 1.
    column, end_column: characters from 1; the end is the first column behind it.
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
    declared: the declarations that it breaks, in the adapter's words: "lease_seconds=60"; empty for
        a promise of every queue.
    """

    kind: str
    title: str = ""
    detail: str
    witness: tuple[Operation, ...] = ()
    declared: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault in source files, in a database or in a package.

    kind: the code of the review that reports it, or the check: "QR101".
    title: the fault, in at most 60 characters that stand alone.
    detail: the fault at this place, and the fix.
    place: its place in a source file; None for any other fault.
    """

    kind: str
    title: str = ""
    detail: str
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A measured value and its target.

    what: the operation, in a word or two.
    value: the median, in `unit`.
    target: the upper limit, or the lower one if higher is better, in `unit`.
    unit: "ms" or "tasks/min".
    higher_is_better: True if the target is a lower limit.
    depth: tasks that wait in the queue during the measurement.
    rounds: the number of measurements.
    p95: the limit that 19 of 20 rounds kept, in `unit`; None if it says nothing.
    floor: the median of one commit of plain sqlite3 on the same disk, in ms; None if unknown.
    fsync: the same with an fsync at each commit.
    relative: True if `target` is a multiple of `floor`, because the absolute target is out of the
        disk's reach.
    """

    what: str
    value: float
    target: float
    unit: str
    higher_is_better: bool = False
    depth: int
    rounds: int
    p95: float | None = None
    floor: float | None = None
    fsync: float | None = None
    relative: bool = False

    @property
    def met(self) -> bool:
        """True if the target is met."""
        return self.value >= self.target if self.higher_is_better else self.value < self.target


@dataclass(frozen=True, kw_only=True)
class RuleRun:
    """The run of a rule, with its proofs.

    driver: how the actors were interleaved.
    violations: the proofs, smallest first.
    history: the run that they come from; None in a verdict that came from another process.
    token: the seed or schedule that replays that run; empty if the run is deterministic.
    cause: the causes of the violations, in a text that is equal for equal causes only; empty if one
        is open.
    declared: what the queue declares about the broken promise.
    code: the place in the adapter of each call that may have broken it, "shop.py:31 in complete",
        with commas between.
    replay: the command that runs the rule again.
    kept: the id under which the failure is kept for `queuekit show`; empty if it is not.
    test: the source of a pytest test that repeats that run alone; empty if there is none.
    """

    driver: str
    violations: tuple[Violation, ...] = ()
    history: History | None = None
    token: str = ""
    cause: str = ""
    declared: str = ""
    code: str = ""
    replay: str = ""
    kept: str = ""
    test: str = ""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The measurement for a performance target; None if it was not measured."""

    measurement: Measurement | None = None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The findings of a check of source files, of a database or of a package."""

    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer to one check.

    suite: the name of the check's suite: "rules", "targets", "database", "review", …
    rule: the id of the check: "ACK-6", "PERF-1", "QR101".
    slug: the promise in a few words: "stale-completion-refused"; empty if there is none.
    family: the heading under which the check is counted.
    requirement, sentence: how binding the check is, and what must hold.
    queue: the label of the queue under test, or the path that was checked.
    status: the answer.
    reason: why there is no answer, for not applicable, not run and error.
    waiver: why a failure is accepted, for waived; also on a pass that makes the waiver useless, and
        on a check that was not exercised.
    seconds: how long the answer took.
    detail: the basis of the answer: a run, a measurement or findings.
    same_as: the rule whose failure has the same cause and is shown in full; empty if there is none.
    also: the further rules that fail for the cause of this failure.
    """

    suite: str = "rules"
    rule: str
    slug: str = ""
    family: str
    requirement: Requirement
    sentence: str
    queue: str
    status: Status
    reason: Reason | None = None
    waiver: Waiver | None = None
    seconds: float = 0.0
    detail: RuleRun | Measured | Findings = field(default_factory=Findings)
    same_as: str = ""
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The id and the slug, if there is one: "ACK-6 stale-completion-refused"."""
        return f"{self.rule} {self.slug}".strip()

    @property
    def failed(self) -> bool:
        """True if a binding promise is broken and no waiver accepts the failure."""
        return self.status is Status.FAIL and self.requirement is Requirement.MUST

    @property
    def advised(self) -> bool:
        """True if a recommendation is not followed."""
        return self.status is Status.FAIL and self.requirement is not Requirement.MUST

    @property
    def exercised(self) -> bool:
        """True if the check ran and was answered: passed, failed or waived."""
        return self.status in (Status.PASS, Status.FAIL, Status.WAIVED)

    @property
    def unexercised(self) -> bool:
        """True if the queue let no call succeed that a binding check is about.

        Such a check proves nothing, so that the queue has no verdict, unless a waiver accepts that.
        """
        missing = self.reason is not None and self.reason.kind == "unexercised"
        return missing and self.requirement is Requirement.MUST and self.waiver is None

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The proofs that a rule was broken, smallest first."""
        return self.detail.violations if isinstance(self.detail, RuleRun) else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of a check of source files, of a database or of a package."""
        return self.detail.findings if isinstance(self.detail, Findings) else ()

    @property
    def measurement(self) -> Measurement | None:
        """The measurement for a performance target; None for any other check."""
        return self.detail.measurement if isinstance(self.detail, Measured) else None
