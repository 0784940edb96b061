"""The closing line of each subject: the conclusion, and the checks that it rests on."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_queuekit.model.run_result import RunResult, RunSubject, SuiteResult
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.report.lines import counted


class Conclusion(enum.StrEnum):
    """The conclusion of a run about one subject. FAILED and NO VERDICT fail the run."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INSUFFICIENT = "INSUFFICIENT"
    NO_VERDICT = "NO VERDICT"
    NOT_TESTED = "NOT TESTED"


@dataclass(frozen=True, kw_only=True)
class Closing:
    """The conclusion on one subject, with a text about the checks behind it."""

    subject: RunSubject
    conclusion: Conclusion
    text: str


_LITTLE = 0.85
"""Above this share of inapplicable rules, a pass says too little about a queue."""


def closings(result: RunResult) -> list[Closing]:
    """Return the closing of each subject, in the order of the run."""
    grouped: dict[str, list[SuiteResult]] = {}
    for suite in result.suites:
        grouped.setdefault(suite.subject.label, []).append(suite)
    return [_closing(suites, result.teams) for suites in grouped.values()]


def _closing(suites: Sequence[SuiteResult], teams: str) -> Closing:
    conclusion = _conclusion(suites)
    phrases = [_phrase(suite, conclusion) for suite in suites]
    if teams:
        phrases.append(f"limited to {teams}")
    phrases.append(suites[0].subject.contradiction)
    text = "; ".join(phrase for phrase in phrases if phrase)
    return Closing(
        subject=suites[0].subject, conclusion=conclusion, text=text or "no check was selected"
    )


def _conclusion(suites: Sequence[SuiteResult]) -> Conclusion:
    if any(suite.failed for suite in suites):
        return Conclusion.FAILED
    exercised = [verdict for suite in suites for verdict in suite.verdicts if verdict.exercised]
    if any(suite.unanswered for suite in suites):
        return Conclusion.NO_VERDICT
    if not exercised:
        return Conclusion.NOT_TESTED
    return Conclusion.INSUFFICIENT if any(map(declares_little, suites)) else Conclusion.PASSED


def declares_little(suite: SuiteResult) -> bool:
    """Return True if so few rules apply that a pass says hardly anything about the queue."""
    inapplicable = len(suite.having(Status.NOT_APPLICABLE))
    return suite.suite == "rules" and inapplicable > _LITTLE * max(len(suite.verdicts), 1)


def _phrase(suite: SuiteResult, conclusion: Conclusion) -> str:
    """Return what one suite contributes: "130 of 130 applicable rules (5 not applicable)"."""
    exercised = [verdict for verdict in suite.verdicts if verdict.exercised]
    passed = len(suite.having(Status.PASS))
    if conclusion is Conclusion.INSUFFICIENT and declares_little(suite):
        count = len(suite.having(Status.NOT_APPLICABLE))
        return (
            f"{counted(passed, suite.noun)} passed, but {count} of "
            f"{len(suite.verdicts)} do not apply: the adapter declares too little"
        )
    asides = list(_asides(suite))
    aside = f" ({', '.join(asides)})" if asides else ""
    unanswered = suite.unanswered
    unjudged = [verdict.reason for verdict in unanswered if verdict.reason]
    for reason in unjudged:
        if reason.kind == "preflight":
            return str(reason)
    if suite.failed:
        failed = ", ".join(dict.fromkeys(verdict.rule for verdict in suite.failed))
        return (
            f"{len(suite.failed)} of {_of(exercised, suite)} {_verb(suite, failed=True)}"
            f"{aside}: {failed}"
        )
    if unanswered:
        return f"{_lacking(unanswered, suite)}, {passed} passed so far{aside}"
    if not exercised:
        return f"no {suite.noun} was exercised{aside}" if suite.verdicts else ""
    return f"{passed} of {_of(exercised, suite)} {_verb(suite)}".strip() + aside


def _lacking(unanswered: Sequence[Verdict], suite: SuiteResult) -> str:
    """Return how many checks have no answer, and why: "1 rule could not be judged"."""
    errors = sum(verdict.status is Status.ERROR for verdict in unanswered)
    unexercised = sum(verdict.unexercised for verdict in unanswered)
    counts = {
        "could not be judged": errors,
        "could not be exercised": unexercised,
        "without an answer": len(unanswered) - errors - unexercised,
    }
    phrases = [f"{counted(count, suite.noun)} {words}" for words, count in counts.items() if count]
    return ", ".join(phrases)


def _of(exercised: Sequence[Verdict], suite: SuiteResult) -> str:
    noun = f"applicable {suite.noun}" if suite.suite == "rules" else suite.noun
    return counted(len(exercised), noun)


def _verb(suite: SuiteResult, *, failed: bool = False) -> str:
    if suite.suite == "targets":
        return "missed" if failed else "met"
    if failed:
        return "failed"
    return "" if suite.suite == "rules" else "passed"


def _asides(suite: SuiteResult) -> Iterator[str]:
    waived = suite.having(Status.WAIVED)
    if waived:
        yield f"{len(waived)} waived: {', '.join(verdict.rule for verdict in waived)}"
    if suite.advised:
        yield f"{len(suite.advised)} not as recommended"
    inapplicable = suite.having(Status.NOT_APPLICABLE)
    if inapplicable:
        yield f"{len(inapplicable)} not applicable"
    if suite.failed:  # otherwise, the phrase itself has the number
        unexercised = sum(verdict.unexercised for verdict in suite.verdicts)
        yield from [f"{unexercised} not exercised"] * bool(unexercised)
    yield from _not_run(suite.having(Status.NOT_RUN))
    deselected = suite.total - len(suite.verdicts)
    if deselected:
        yield f"{len(suite.verdicts)} of {suite.total} selected"


def _not_run(verdicts: Iterable[Verdict]) -> Iterator[str]:
    levels: dict[str, int] = {}
    elsewhere = others = 0
    for verdict in verdicts:
        reason = verdict.reason
        if reason is not None and reason.kind == "level":
            levels[reason.level] = levels.get(reason.level, 0) + 1
        elif reason is not None and reason.kind == "elsewhere":
            elsewhere += 1
        elif not verdict.unexercised and (reason is None or reason.kind != "unfinished"):
            others += 1
    for level, count in levels.items():
        verb = "needs" if count == 1 else "need"
        yield f"{count} {verb} --queue-level {level}"
    if elsewhere:
        yield f"{elsewhere} not decided by this review (queuekit review --list)"
    if others:
        yield f"{others} not run"
