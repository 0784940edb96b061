"""The checklist for code that builds on the reference queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import replace
from functools import cached_property

from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.model.verdict import Verdict
from pytest_queuekit.suites.check import Check, Context
from pytest_queuekit.suites.plan import Plan


class ReviewSuite:
    """The suite of the checklist. All files are read once, when the first check asks for it."""

    name = "review"
    head = "queue-review"
    noun = "item"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
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
        return [
            Check(
                suite=self.name,
                rule=code.id,
                family=group,
                sentence=code.sentence,
                subject=self._label,
                name=code.id,
                answer=self._answer(code.id),
            )
            for group, code in items
        ]

    def close(self) -> None:
        """Release nothing."""

    def _answer(self, code: str) -> Callable[[Context], Verdict]:
        return lambda _context: replace(self._verdicts[code], queue=self._label)

    @cached_property
    def _verdicts(self) -> dict[str, Verdict]:
        from pytest_queuekit.review.run import cores, review

        with chdir(self._plan.home):
            reviewed = review(self._plan.reviewed, processes=cores() if self._plan.alone else 1)
        return {verdict.rule: verdict for verdict in reviewed.verdicts}


SUITE = ReviewSuite
