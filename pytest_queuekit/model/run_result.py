"""The result of a run. Every report format is made from it, and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_queuekit.model.scoreboard import Scoreboard
from pytest_queuekit.model.verdict import Status, Verdict


@dataclass(frozen=True, kw_only=True)
class RunSubject:
    """A subject of a run: a queue, a database file, or the code under review.

    label: stable within the run; verdicts name it as their `queue`.
    title: for people, the name with the version.
    notes: limitations that the queue documents in words.
    contradiction: two declarations of the queue that cannot both hold, in a clause.
    """

    label: str
    title: str
    notes: tuple[str, ...] = ()
    contradiction: str = ""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What a report says about a rule beside its sentence.

    why: the reason for the rule.
    wrong, right: an implementation that breaks the rule, and one that keeps it.
    language: of both, "python" or "sql".
    """

    why: str
    wrong: str = ""
    right: str = ""
    language: str = "python"


@dataclass(frozen=True, kw_only=True)
class SuiteResult:
    """The answers of one suite about one subject.

    suite: the suite's name. noun: the noun for its checks: "rule", "performance target".
    subject: the queue, the file or the code that was checked.
    verdicts: one for each selected check, in the suite's order.
    total: the checks that the suite has for the subject; more than `verdicts` if some were
        deselected.
    """

    suite: str
    noun: str
    subject: RunSubject
    verdicts: tuple[Verdict, ...]
    total: int

    def having(self, *statuses: Status) -> list[Verdict]:
        """Return the verdicts with one of these statuses."""
        return [verdict for verdict in self.verdicts if verdict.status in statuses]

    @property
    def failed(self) -> list[Verdict]:
        """The binding checks that failed."""
        return [verdict for verdict in self.verdicts if verdict.failed]

    @property
    def advised(self) -> list[Verdict]:
        """The recommendations that are not followed."""
        return [verdict for verdict in self.verdicts if verdict.advised]

    @property
    def unanswered(self) -> list[Verdict]:
        """The checks that ended in an internal error, were cut off, or were not exercised."""
        return [
            verdict
            for verdict in self.verdicts
            if verdict.status is Status.ERROR
            or verdict.unexercised
            or (verdict.reason is not None and verdict.reason.kind == "unfinished")
        ]


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """One run.

    environment: versions, platform, level and settings, as words by name.
    warnings: facts about that environment that affect the results.
    suites: the answers, by subject and suite, in the order of the run.
    unmet: the rules and capabilities of `--queue-require` that the run did not exercise, a sentence
        for each.
    scoreboard: the success criteria of the gate; None if they were not asked for.
    errors: internal errors outside of any check, such as in a report, a sentence for each.
    hints: suggested next steps, a sentence for each.
    teams: the titles of the teams that the run is limited to; empty for no limit.
    seconds: how long the run took.
    explanations: of the rules that are not kept, by id, if a report was asked for.
    """

    environment: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    suites: tuple[SuiteResult, ...] = ()
    unmet: tuple[str, ...] = ()
    scoreboard: Scoreboard | None = None
    errors: tuple[str, ...] = ()
    hints: tuple[str, ...] = field(default=())
    teams: str = ""
    seconds: float = 0.0
    explanations: Mapping[str, Explanation] = field(default_factory=dict)

    @property
    def verdicts(self) -> list[Verdict]:
        """All verdicts, in the order of the run."""
        return [verdict for result in self.suites for verdict in result.verdicts]

    @property
    def good(self) -> bool:
        """True if no binding check failed or lacks its answer, and nothing required is unmet.

        An internal error anywhere is not good either.
        """
        return not (
            self.unmet
            or self.errors
            or any(result.failed or result.unanswered for result in self.suites)
            or (self.scoreboard is not None and not self.scoreboard.complete)
        )
