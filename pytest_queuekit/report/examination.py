"""All that is known about one queue after a run, and what follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_queuekit.model.verdict import Requirement, Status, Verdict

PERFORMANCE = "PERF"
"""The family of the targets of performance."""

_MOST = 0.85
"""The share of rules from which on it is worth telling that they do not apply."""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One queue, and what was found out about it.

    title: the queue's name and version.
    verdicts: one a rule that was answered, performance included.
    unfinished: ids of rules that were selected and never reported on.
    errors: ids of rules during which the kit itself, or the process, broke; with what happened.
    rules: how many rules the run has, performance left out: more than `verdicts` if some were
        deselected.
    targets: how many targets of performance it has.
    audience: for whom the queue was looked at, such as "worker 03"; empty for everybody.
    measured: whether the run was to measure performance.
    limitations: what the queue documents that it does not do.
    """

    title: str
    verdicts: tuple[Verdict, ...] = ()
    unfinished: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    rules: int = 0
    targets: int = 5
    audience: str = ""
    measured: bool = True
    limitations: tuple[str, ...] = ()

    @property
    def conformance(self) -> list[Verdict]:
        """The verdicts about correctness."""
        return [one for one in self.verdicts if one.family != PERFORMANCE]

    @property
    def performance(self) -> list[Verdict]:
        """The verdicts about speed."""
        return [one for one in self.verdicts if one.family == PERFORMANCE]

    @property
    def broken(self) -> list[Verdict]:
        """The rules that must hold and do not."""
        return [one for one in self.conformance if one.failed]

    @property
    def advised(self) -> list[Verdict]:
        """The rules that should or may hold, and do not."""
        return [
            one
            for one in self.conformance
            if one.status is Status.FAIL and one.requirement is not Requirement.MUST
        ]

    def closing(self) -> str:
        """Return the verdict on the queue, as one sentence."""
        return f"{self.title}: {self._correctness()}{self._reservations()}"

    @property
    def good(self) -> bool:
        """Whether something was looked at, all that was asked for, and all of it holds."""
        held = any(one.status is Status.PASS for one in self.verdicts)
        failed = any(one.failed for one in self.verdicts)
        return held and not (failed or self.errors or self.unfinished)

    def _correctness(self) -> str:
        counts = Counter(one.status for one in self.conformance)
        judged = counts[Status.PASS] + counts[Status.FAIL]
        if self.errors:
            return f"no verdict: {_rules(len(self.errors))} could not be judged{self._so_far()}"
        if self.broken:
            return f"not correct: {len(self.broken)} of {_rules(judged)} broken"
        if self.unfinished:
            return f"no verdict: {_rules(len(self.unfinished))} not run; none broken so far"
        if not self.verdicts:
            return "nothing was put to the test"
        if not self.conformance:
            return self._speed()
        if not judged:
            return "no verdict: nothing was put to the test"
        if len(self.conformance) < self.rules:
            return f"no rule broken among the {len(self.conformance)} of {self.rules} selected"
        whom = f" for {self.audience}" if self.audience else ""
        return f"correct{self._and_speed()}{whom}"

    def _so_far(self) -> str:
        return f"; {_rules(len(self.broken))} broken" if self.broken else ""

    def _and_speed(self) -> str:
        speed = self._speed()
        if not speed:
            return "; performance not measured"
        joint = " and " if speed.startswith("fast") else ", but " if "too" in speed else "; "
        return joint + speed

    def _speed(self) -> str:
        """Return what is known about speed; empty where nothing was to be measured."""
        if not self.performance:
            return "" if self.measured else "performance not measured (--queue-perf off)"
        counts = Counter(one.status for one in self.performance)
        met, missed = counts[Status.PASS], counts[Status.FAIL]
        if missed:
            return f"too slow: {missed} of {met + missed} targets missed"
        if counts[Status.NOT_RUN]:
            part = f" ({met} of {self.targets} targets were)" if met else ""
            return f"performance not measured{part}"
        return "fast enough" if met else "performance not measured"

    def _reservations(self) -> str:
        counts = Counter(one.status for one in self.conformance)
        parts = []
        if self.advised:
            parts.append(f"{len(self.advised)} not as recommended")
        if counts[Status.NOT_RUN]:
            parts.append(f"{_rules(counts[Status.NOT_RUN])} not run")
        asked = len(self.conformance) + len(self.errors) + len(self.unfinished)
        if counts[Status.NOT_APPLICABLE] > _MOST * asked:
            parts.append(
                f"it declares so little that {_rules(counts[Status.NOT_APPLICABLE])} do not apply"
            )
        return f" ({', '.join(parts)})" if parts else ""


def _rules(number: int) -> str:
    return f"{number} rule" if number == 1 else f"{number} rules"
