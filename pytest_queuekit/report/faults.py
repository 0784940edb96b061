"""What is wrong, and where, in the form that code hosts show beside the lines of a change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pytest_queuekit.model.verdict import Place, RuleRun, Status, Verdict
from pytest_queuekit.report.failure import headline, same_cause

_CODE = re.compile(r"(?P<path>[^,]+?):(?P<line>\d+) in ")
"""The first place in a text such as "shop.py:31 in complete, shop.py:12 in claim"."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failed check, or one of its findings.

    place: where it is in a source file: that of a finding, or of the adapter's method whose call
        broke the rule; None if it is unknown.
    """

    verdict: Verdict
    title: str
    detail: str
    place: Place | None


def faults(verdicts: Iterable[Verdict]) -> Iterator[Fault]:
    """Yield what failed: each finding with its place, and each other failure once."""
    for verdict in verdicts:
        placed = [finding for finding in verdict.findings if finding.place]
        for finding in placed:
            yield Fault(
                verdict=verdict,
                title=finding.title,
                detail=finding.detail,
                place=finding.place,
            )
        if verdict.status is Status.FAIL and not placed:
            known = same_cause(verdict, verdict.same_as) if verdict.same_as else headline(verdict)
            titles = [fault.title for fault in verdict.violations or verdict.findings]
            yield Fault(
                verdict=verdict,
                title=(titles or [verdict.sentence])[0],
                detail=known,
                place=_place(verdict),
            )


def _place(verdict: Verdict) -> Place | None:
    code = verdict.detail.code if isinstance(verdict.detail, RuleRun) else ""
    match = _CODE.match(code)
    if match is None:
        return None
    line = int(match["line"])
    return Place(path=match["path"], line=line, column=1, end_line=line, end_column=1)
