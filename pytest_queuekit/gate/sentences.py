"""Verdicts and findings as the sentences that a criterion shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from pytest_queuekit.gate.evidence import Answers, kind_of_reason
from pytest_queuekit.model.verdict import Finding, Status, Verdict
from pytest_queuekit.watch.finding import WatchFinding


def queue(verdict: Verdict, answers: Answers) -> str:
    """Return the queue of a verdict as "shop: "; empty if the answers are about one queue."""
    several = len({other.queue for other in answers.verdicts}) > 1
    return f"{verdict.queue}: " if several else ""


def name(verdict: Verdict, answers: Answers, *, prefix: str = "") -> str:
    """Return the name of a check: "CLAIM-1", or "shop: CLAIM-1" if there are several queues."""
    return f"{queue(verdict, answers)}{prefix}{verdict.rule}"


def without_answer(
    answers: Answers,
    *,
    prefix: str = "",
    statuses: Collection[Status] = (Status.NOT_APPLICABLE, Status.NOT_RUN),
    usual: Collection[str] = (),
) -> list[str]:
    """Return why checks have no answer. Checks that share an internal error share a sentence.

    statuses: those to report besides an internal error. usual: kinds of reasons to leave out.
    """
    errors: dict[str, list[str]] = defaultdict(list)
    for verdict in answers.by(Status.ERROR):
        errors[str(verdict.reason)].append(name(verdict, answers, prefix=prefix))
    sentences = [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''} ended in an error: "
        f"{error}"
        for error, names in errors.items()
    ]
    for status in statuses:
        phrase = " does not apply" if status is Status.NOT_APPLICABLE else ""
        sentences += [
            f"{name(verdict, answers, prefix=prefix)}{phrase}: {verdict.reason}"
            for verdict in answers.by(status)
            if kind_of_reason(verdict) not in usual
        ]
    return sentences


def waived(answers: Answers, *, prefix: str = "") -> list[str]:
    """Return a sentence for each failure that a waiver accepts."""
    return [
        f"{name(verdict, answers, prefix=prefix)} failed and is waived"
        f"{f': {verdict.waiver.reason} ({verdict.waiver.source})' if verdict.waiver else ''}"
        for verdict in answers.by(Status.WAIVED)
    ]


def in_short(verdict: Verdict) -> str:
    """Return the first violation, and the number of others."""
    details = [violation.detail for violation in verdict.violations]
    if not details:
        return "failed"
    return f"{details[0]}{f', and {len(details) - 1} more' if len(details) > 1 else ''}"


def item(verdict: Verdict) -> str:
    """Return a failed item of the review with the first place, and the number of others."""
    places = [
        f"{finding.place.path}:{finding.place.line}"
        for finding in verdict.findings
        if finding.place
    ]
    if not places:
        return f"{verdict.rule} {verdict.sentence}"
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{verdict.rule} {verdict.sentence.rstrip('.')}: {places[0]}{more}"


def unchecked(finding: Finding) -> str:
    """Return an internal error of the review with the file that it could not check."""
    file = f"{finding.place.path}: " if finding.place else ""
    return f"could not be reviewed: {file}{finding.detail}"


def of_watch(finding: WatchFinding) -> str:
    """Return a finding of the watch with its place and its test."""
    return f"{_place(finding)}{finding.kind} {finding.title}, {_during(finding)}"


def of_lock(finding: WatchFinding) -> str:
    """Return a lock that a test met, and the marker for a test that meets locks on purpose."""
    return (
        f"{_place(finding)}QueueBusyError {_during(finding)}; if the test means to, mark it "
        "queue_allow('busy')"
    )


def _place(finding: WatchFinding) -> str:
    return f"{finding.place.path}:{finding.place.line}: " if finding.place else ""


def _during(finding: WatchFinding) -> str:
    return f"in {finding.test}" if finding.test else "outside of tests"
