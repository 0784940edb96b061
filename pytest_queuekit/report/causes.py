"""Links failures that have one cause, so that a report shows the cause once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from pytest_queuekit.model.verdict import RuleRun, Verdict

ANSWER, BETWEEN_PARTS, BETWEEN_CAUSES = " → ", "; ", " | "
"""The marks in the text of a cause: before the answer of a call, between parts, between causes."""
IN_TURN, AT_ONCE = "in turn", "at the same time"
"""The words of a cause for calls that do not overlap, and for those that do."""


def linked(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts on one subject, with the failures of one cause linked to each other.

    The plainest failure of a cause is shown in full, a binding one before a recommendation. It
    names the others in `also`, and they name it in `same_as`. A failure of several causes is linked
    if each of them is the first of a failure that is shown in full.
    """
    listed = list(verdicts)
    shown: dict[str, str] = {}
    firsts: dict[str, list[str]] = {}
    for verdict in sorted(filter(cause_of, listed), key=_plainness):
        causes = [cause_of(verdict)] if cause_of(verdict) in shown else _causes(verdict)
        found = [_explaining(cause, shown) for cause in causes]
        if all(found):
            firsts[verdict.rule] = found
        else:
            shown |= dict.fromkeys((cause_of(verdict), causes[0]), verdict.rule)
    return tuple(_linked(verdict, firsts) for verdict in listed)


def _plainness(verdict: Verdict) -> tuple[bool, int, int]:
    """Sort a failure before those that it explains, each in the order of the run."""
    return not verdict.failed, len(_causes(verdict)), len(cause_of(verdict).split())


def _linked(verdict: Verdict, firsts: Mapping[str, list[str]]) -> Verdict:
    if not cause_of(verdict):
        return verdict
    if verdict.rule in firsts:
        return replace(verdict, same_as=firsts[verdict.rule][0])
    return replace(verdict, also=tuple(rule for rule in firsts if verdict.rule in firsts[rule]))


def cause_of(verdict: Verdict) -> str:
    """Return the cause of a failure; empty for any other verdict, or if it is open."""
    run = verdict.detail
    shown = verdict.failed or verdict.advised
    return run.cause if shown and isinstance(run, RuleRun) else ""


def _causes(verdict: Verdict) -> list[str]:
    return cause_of(verdict).split(BETWEEN_CAUSES)


def _explaining(cause: str, shown: Mapping[str, str]) -> str:
    """Return the rule whose failure explains a cause; empty if none does."""
    return next((rule for plainer, rule in shown.items() if explains(plainer, cause)), "")


def explains(plainer: str, cause: str) -> bool:
    """Return True if a cause says all of another one, and perhaps more.

    The same calls have the same answers, with no option that the others lack. A fault that shows
    in turn shows at the same time, too.
    """
    own, others = _Parts.of(plainer), _Parts.of(cause)
    return (
        own.facts in (others.facts, others.facts - {AT_ONCE} | {IN_TURN})
        and all(map(_is_plainer, own.calls[:1], others.calls[:1]))
        and all(
            any(_is_plainer(call, other) for other in others.calls[1:]) for call in own.calls[1:]
        )
        and all(
            any(_is_plainer(call, other) for call in own.calls[1:]) for other in others.calls[1:]
        )
    )


class _Parts(NamedTuple):
    """A cause. facts: its words. calls: the calls, the last one first."""

    facts: frozenset[str]
    calls: list[str]

    @classmethod
    def of(cls, cause: str) -> _Parts:
        parts = cause.split(BETWEEN_PARTS)
        calls = [part for part in parts if ANSWER in part]
        return cls(frozenset(parts) - set(calls), calls)


def _is_plainer(call: str, other: str) -> bool:
    """Return True if a call is another one, with the same answer, and has no further option."""
    (words, _, answer), (others, _, other_answer) = (
        each.partition(ANSWER) for each in (call, other)
    )
    return answer == other_answer and set(words.split()) <= set(others.split())
