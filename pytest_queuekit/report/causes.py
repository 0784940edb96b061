"""Links failures that have one cause, so that a report shows the cause once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_queuekit.model.verdict import RuleRun, Verdict


def linked(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts on one subject, with the failures of one cause linked to each other.

    The first failure of a cause is shown in full, a binding one before a recommendation. It names
    the others in `also`, and they name it in `same_as`.
    """
    listed = list(verdicts)
    rules: dict[str, list[str]] = {}
    for verdict in sorted(listed, key=lambda verdict: not verdict.failed):
        if cause_of(verdict):
            rules.setdefault(cause_of(verdict), []).append(verdict.rule)
    return tuple(_linked(verdict, rules.get(cause_of(verdict), [])) for verdict in listed)


def _linked(verdict: Verdict, rules: list[str]) -> Verdict:
    if len(rules) < 2:
        return verdict
    first, *others = rules
    if verdict.rule == first:
        return replace(verdict, also=tuple(others))
    return replace(verdict, same_as=first)


def cause_of(verdict: Verdict) -> str:
    """Return the cause of a failure; empty for any other verdict, or if it is open."""
    run = verdict.detail
    shown = verdict.failed or verdict.advised
    return run.cause if shown and isinstance(run, RuleRun) else ""
