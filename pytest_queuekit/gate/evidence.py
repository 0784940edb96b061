"""The evidence that a run leaves for the success criteria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.watch.finding import WatchFinding
from pytest_queuekit.watch.internal_errors import InternalErrors


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The verdicts on the checks of one kind.

    verdicts: one for each selected check, including those that the run did not finish.
    expected: the number of checks that a whole run has.
    """

    verdicts: tuple[Verdict, ...] = ()
    expected: int = 0

    def by(self, status: Status) -> list[Verdict]:
        """Return the verdicts with a status, except for checks that the run cut off."""
        return [verdict for verdict in self._finished() if verdict.status is status]

    @property
    def broken(self) -> list[Verdict]:
        """The binding checks that failed."""
        return [verdict for verdict in self.verdicts if verdict.failed]

    @property
    def lacking(self) -> int:
        """The number of checks without a verdict: deselected, or cut off at the end of the run."""
        return max(self.expected - sum(1 for _ in self._finished()), 0)

    def _finished(self) -> Iterator[Verdict]:
        return (verdict for verdict in self.verdicts if kind_of_reason(verdict) != "unfinished")


def kind_of_reason(verdict: Verdict) -> str:
    """Return why a check has no answer, as a word for machines; empty if there is no reason."""
    return verdict.reason.kind if verdict.reason else ""


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """The outcomes of the team's own tests of one kind, as node ids."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Covered:
    """The part of the team's code that its tests ran.

    percent: from 0 to 100, of lines, or of lines and branches if coverage.py measured those.
    files: the number of files.
    unknown: why there is no figure; the other fields then mean nothing.
    """

    percent: float = 0.0
    files: int = 0
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class Documented:
    """The docstrings in the team's code.

    names: the number of public names. bare: those without a docstring, each with its place.
    """

    names: int = 0
    bare: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The files that changed since a revision.

    base: the revision; empty if the run compares with none.
    code, pages: paths of the team's code and of the documentation that changed.
    unknown: why the changes are unknown.
    """

    base: str = ""
    code: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All evidence of a run.

    checks: the eight checks: one verdict for the package, and one for each check of a database.
    rules: the rules of the catalogue.
    integration, load, review, targets: the checks of these suites.
    tests: the team's tests. measuring: those that measure time, which `tests` leaves out.
    in_files: the number of passed tests that used a queue in a file.
    deselected: the number of deselected tests.
    covered: the coverage of the team's code.
    files: the team's code without its tests, by the paths that findings have; None if the run
        reviews no code.
    approved_by: the name of the person who approved the code; empty for none.
    watch_findings: the findings of the watch in the team's tests; None if the watch was off.
    watch_errors: internal errors of the watch, which may hide findings.
    documented: the docstrings in the code; None if there is no code.
    changes: the comparison of code and documentation with a revision.
    failures: the internal errors that kept a part of the evidence from being gathered, by the name
        of its field; that field has its default.
    """

    checks: Answers = field(default_factory=Answers)
    rules: Answers = field(default_factory=Answers)
    integration: Answers = field(default_factory=Answers)
    load: Answers = field(default_factory=Answers)
    review: Answers = field(default_factory=Answers)
    targets: Answers = field(default_factory=Answers)
    tests: Outcomes = field(default_factory=Outcomes)
    measuring: Outcomes = field(default_factory=Outcomes)
    in_files: int = 0
    deselected: int = 0
    covered: Covered = Covered(unknown="coverage is unknown")
    files: frozenset[str] | None = None
    approved_by: str = ""
    watch_findings: Sequence[WatchFinding] | None = None
    watch_errors: InternalErrors = field(default_factory=InternalErrors)
    documented: Documented | None = None
    changes: Changes = field(default_factory=Changes)
    failures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def lost(cls, failure: str) -> Evidence:
        """Return the evidence of a run in which an internal error prevented all gathering."""
        return cls(failures={part.name: failure for part in fields(cls)})
