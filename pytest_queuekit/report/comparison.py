"""The differences between two runs: what fails now, what is fixed, what is no longer tested."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_queuekit.errors import ReportError
from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.model.verdict import Measurement, Requirement, Status, Verdict

Key = tuple[str, str, str]
"""Suite, queue and rule: what a verdict is the answer to."""


class Change(enum.StrEnum):
    """How the answer to a check changed. The order is that of the output."""

    NEWLY_FAILING = "newly failing"
    STILL_FAILING = "still failing"
    FIXED = "fixed"
    WAIVED = "failing, and now waived"
    NO_LONGER_TESTED = "no longer tested"
    NEWLY_TESTED = "newly tested"
    NOT_AS_RECOMMENDED = "newly not as recommended"
    SLOWER = "slower"
    FASTER = "faster"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A check whose answer changed, or that still fails.

    old, new: the two answers; None where the run does not have the check.
    slowdown: for a changed measurement, how many times as slow it is now; below 1 if it is faster.
    measured: the two measurements, if that is what changed.
    """

    change: Change
    old: Verdict | None
    new: Verdict | None
    slowdown: float = 1.0
    measured: tuple[Measurement, Measurement] | None = None

    @property
    def verdict(self) -> Verdict:
        """The newer of the two answers that there is."""
        verdict = self.new or self.old
        assert verdict is not None  # noqa: S101 - one of the runs has the check
        return verdict

    @property
    def is_news(self) -> bool:
        """True if a binding check fails now, or no longer has an answer."""
        binding = self.verdict.requirement is Requirement.MUST
        return self.change is Change.NEWLY_FAILING or (
            self.change is Change.NO_LONGER_TESTED and binding
        )


def compare(old: RunResult, new: RunResult, slowdown: float) -> list[Difference]:
    """Return the differences between two runs, by queue, kind and check.

    slowdown: the ratio from which a measurement counts as slower, or its inverse as faster; at
        least 1. Where both runs measured the commit of plain sqlite3 on their disk, the ratio is
        of the multiples of that, so that another disk makes no difference.
    Raises ReportError if the runs have no queue in common.
    """
    before, after = _by_key(old), _by_key(new)
    shared = _labels(old) & _labels(new)
    if not shared:
        raise ReportError(
            f"the reports have no queue in common: {', '.join(sorted(_labels(old))) or 'none'} in "
            f"the first, {', '.join(sorted(_labels(new))) or 'none'} in the second"
        )
    order = list(Change)
    found = [
        difference
        for key in dict.fromkeys([*after, *before])
        if key[1] in shared
        for difference in _differences(before.get(key), after.get(key), slowdown)
    ]
    queues = list(dict.fromkeys(key[1] for key in [*after, *before]))
    return sorted(
        found, key=lambda each: (queues.index(each.verdict.queue), order.index(each.change))
    )


def changed_environment(old: RunResult, new: RunResult) -> Mapping[str, tuple[str, str]]:
    """Return what differs between the environments: the two values by name."""
    names = dict.fromkeys([*old.environment, *new.environment])
    both = {name: (old.environment.get(name, ""), new.environment.get(name, "")) for name in names}
    return {name: values for name, values in both.items() if values[0] != values[1]}


def _labels(result: RunResult) -> set[str]:
    return {suite.subject.label for suite in result.suites}


def _by_key(result: RunResult) -> dict[Key, Verdict]:
    return {(each.suite, each.queue, each.rule): each for each in result.verdicts}


def _differences(old: Verdict | None, new: Verdict | None, slowdown: float) -> Iterator[Difference]:
    change = _change(old, new)
    if change is not None:
        yield Difference(change=change, old=old, new=new)
    before, after = (each.measurement if each else None for each in (old, new))
    if before is None or after is None or before.unit != after.unit:
        return
    ratio = _ratio(before, after)
    if not 1 / slowdown < ratio < slowdown:
        change = Change.SLOWER if ratio > 1 else Change.FASTER
        yield Difference(change=change, old=old, new=new, slowdown=ratio, measured=(before, after))


def _change(old: Verdict | None, new: Verdict | None) -> Change | None:
    failed_before = old is not None and old.failed
    exercised_before = old is not None and old.exercised
    if new is None or not new.exercised:
        return Change.NO_LONGER_TESTED if exercised_before else None
    if new.failed:
        return Change.STILL_FAILING if failed_before else Change.NEWLY_FAILING
    if new.advised:
        return None if old is not None and old.advised else Change.NOT_AS_RECOMMENDED
    if failed_before:
        return Change.WAIVED if new.status is Status.WAIVED else Change.FIXED
    return None if exercised_before else Change.NEWLY_TESTED


def _ratio(before: Measurement, after: Measurement) -> float:
    """Return how many times as slow the new measurement is."""
    values = [before.value, after.value]
    if before.floor and after.floor and after.unit == "ms":
        values = [before.value / before.floor, after.value / after.floor]
    if min(values) <= 0:
        return 1.0
    return values[0] / values[1] if after.higher_is_better else values[1] / values[0]
