"""The checklist for code that builds on the reference queue."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import chdir
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.model.verdict import Reason, Status, Verdict
from pytest_queuekit.suites.check import Check, Context
from pytest_queuekit.suites.plan import Plan

if TYPE_CHECKING:
    from pytest_queuekit.review.code import Code


class ReviewSuite:
    """The suite of the checklist. All files are read once, when the first check runs."""

    name = "review"
    head = "queue-review"
    noun = "item"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._has_failed = False
        self._label = ", ".join(map(str, plan.reviewed))

    @classmethod
    def of(cls, plan: Plan) -> ReviewSuite | None:
        """Return the suite; None if the run does not ask for it."""
        return cls(plan) if plan.reviewed else None

    def subjects(self) -> Sequence[RunSubject]:
        """Return the code."""
        return [RunSubject(label=self._label, title=f"review of {self._label}")]

    def checks(self) -> Sequence[Check]:
        """Return a check for each item of the checklist."""
        # A run without a review does not wait for a parser of SQL.
        from pytest_queuekit.review.catalogue import ABOUT_FILES, GROUPS

        items = [("Files", code) for code in ABOUT_FILES.values()]
        items += [
            (group.name, code)
            for group in GROUPS
            for code in group.codes
            if self._plan.concerns(code.id)
        ]
        return [self._check(group, code) for group, code in items]

    def close(self) -> None:
        """Release nothing."""

    def _check(self, group: str, code: Code) -> Check:
        def answer(_context: Context) -> Verdict:
            if self._has_failed:  # the check that met the error has reported it
                reason = Reason(kind="unfinished", text="the review ended in an error")
                return check.verdict(Status.NOT_RUN, reason=reason)
            try:
                verdicts = self._verdicts
            except Exception:
                self._has_failed = True
                raise
            return replace(verdicts[code.id], queue=self._label)

        check = Check(
            suite=self.name,
            rule=code.id,
            family=group,
            sentence=code.sentence,
            subject=self._label,
            name=code.id,
            answer=answer,
        )
        return check

    @cached_property
    def _verdicts(self) -> dict[str, Verdict]:
        from pytest_queuekit.review.run import cores, review

        with chdir(self._plan.home):
            reviewed = review(self._plan.reviewed, processes=cores() if self._plan.alone else 1)
        return {verdict.rule: verdict for verdict in reviewed.verdicts}


SUITE = ReviewSuite
