"""What a run leaves behind, as the criteria read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.watch.finding import WatchFinding
from pytest_queuekit.watch.internal_errors import InternalErrors


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The questions of one kind, and their answers.

    verdicts: the answers. expected: how many there should be; fewer were answered where some were
    deselected, or the run ended early.
    """

    verdicts: tuple[Verdict, ...] = ()
    expected: int = 0

    def by(self, status: Status) -> list[Verdict]:
        """Return the verdicts with a status."""
        return [one for one in self.verdicts if one.status is status]

    @property
    def broken(self) -> list[Verdict]:
        """Those that must hold and do not."""
        return [one for one in self.verdicts if one.failed]

    @property
    def lacking(self) -> int:
        """How many have no answer."""
        return max(self.expected - len(self.verdicts), 0)


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """The team's own tests of one kind: node ids by what became of them."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Covered:
    """How much of the team's code its tests ran.

    percent: from 0 to 100, of lines, or of lines and branches, as coverage.py was told.
    files: how many they are. unknown: why there is no figure; then the others mean nothing.
    """

    percent: float = 0.0
    files: int = 0
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class Documented:
    """What is said of the team's code.

    names: how many public names it has. bare: those without a docstring, with their place.
    base: the revision compared with; empty for none. code, docs: paths of both that have changed
    since. unknown: why nothing can be said of the change.
    """

    names: int = 0
    bare: tuple[str, ...] = ()
    base: str = ""
    code: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a run leaves behind.

    checks: the eight checks, as one verdict each, or one for all. rules: those of the catalogue.
    integration, load, review, targets: as their items answered.
    tests: the team's own; measuring: those of them that measure time; in_files: how many of the
        passed ones used a queue in a file. deselected: how many were left out.
    files: the team's code without its tests, by the paths that findings have; None where none were
        named.
    approved_by: who approved the code; empty for nobody.
    seen: what the watch found in the team's tests; None where it was off.
    watch_errors: errors of the watch itself; then `seen` may be incomplete.
    documented: what is said of the code; None where there is none.
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
    covered: Covered = Covered(unknown="coverage is not known")
    files: frozenset[str] | None = None
    approved_by: str = ""
    seen: Sequence[WatchFinding] | None = None
    watch_errors: InternalErrors = field(default_factory=InternalErrors)
    documented: Documented | None = None
