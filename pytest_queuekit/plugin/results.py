"""Keeps the answers that reports carry, in the process that writes the summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.verdict import Reason, Status, Verdict, Waiver
from pytest_queuekit.report import wire
from pytest_queuekit.suites.check import Check
from pytest_queuekit.watch.internal_errors import describe

_VERDICT = "queue_verdict"
"""The attribute under which a report carries its verdict; pytest and xdist keep attributes."""

_PROOF = "queue_proof"
"""The attribute of a report that shows the proof of its verdict, and nothing else."""

_ERROR = "queue_error"
"""The attribute under which a report carries the error of a check."""

_UNKEPT = "queue_unkept"
"""The attribute under which a report carries why failures could not be kept."""

_WEIGHT = (
    Status.NOT_APPLICABLE,
    Status.NOT_RUN,
    Status.PASS,
    Status.WAIVED,
    Status.FAIL,
    Status.ERROR,
)


def attach(report: pytest.TestReport, verdict: Verdict, *, proof: bool) -> None:
    """Let a report carry a verdict.

    proof: True if the report shows the proof of the verdict.
    """
    setattr(report, _VERDICT, wire.pack(verdict))
    setattr(report, _PROOF, proof)


def shows_proof(report: object) -> bool:
    """Return True if a report shows the proof of its verdict."""
    return bool(getattr(report, _PROOF, False))


def attach_error(report: pytest.TestReport, error: BaseException) -> None:
    """Let a report carry the error of the kit or of the adapter in a check, with its place.

    The report fails, even if a marker or a hook expects the check to fail: it expects that of the
    queue.
    """
    report.outcome = "failed"
    if hasattr(report, "wasxfail"):
        del report.wasxfail
    # The author of an adapter needs no place in the kit.
    is_theirs = isinstance(error, AdapterError)
    text = f"{type(error).__name__}: {error}" if is_theirs else describe(error)
    setattr(report, _ERROR, " ".join(text.split()))


def attach_unkept(report: pytest.TestReport, problem: str) -> None:
    """Let a report carry why failures could not be kept; nothing if there is no such problem."""
    if problem:
        setattr(report, _UNKEPT, problem)


def verdict_of(report: pytest.TestReport) -> Verdict | None:
    """Return the verdict that a report carries."""
    data = getattr(report, _VERDICT, None)
    return None if data is None else wire.unpack(data)


class Results:
    """The selected checks and their verdicts. The lanes of a race count as their rule.

    checks: all checks of the run by node id, deselected ones included.
    selected: the node ids of the selected checks.
    unkept: why the failures of a process could not be kept; empty if all could.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self.selected: set[str] = set()
        self.unkept = ""
        self._asked: dict[tuple[str, str, str], Check] = {}
        self._answers: dict[tuple[str, str, str], Verdict] = {}

    def expect(self, node_ids: Iterable[str]) -> None:
        """Record the selected checks."""
        for node_id in node_ids:
            if node_id in self._checks:
                check = self._checks[node_id]
                self.selected.add(node_id)
                self._asked.setdefault(_key(check), check)

    def enter(self, report: pytest.TestReport) -> None:
        """Record the answer in a report, if the report is about a check."""
        check = self._checks.get(report.nodeid)
        if check is None:
            return
        self.expect([report.nodeid])
        self.unkept = self.unkept or getattr(report, _UNKEPT, "")
        verdict = _answer(check, report)
        known = self._answers.get(_key(check))
        # With lanes, with --dist each and after reruns there are several answers, and the worst one
        # counts: a fault that shows now and then is a fault.
        if verdict and (known is None or _weight(verdict) > _weight(known)):
            self._answers[_key(check)] = verdict

    def of(self, suite: str, subject: str) -> list[Verdict]:
        """Return the verdicts on the selected checks of a suite and subject, in its order."""
        keys = dict.fromkeys(map(_key, self._checks.values()))
        return [
            self._answers.get(key) or _unfinished(self._asked[key])
            for key in keys
            if key[:2] == (suite, subject) and key in self._asked
        ]


def _weight(verdict: Verdict) -> tuple[int, bool]:
    """Return what decides between two answers; of two lanes, one has kept the failure."""
    return _WEIGHT.index(verdict.status), bool(getattr(verdict.detail, "kept", ""))


def _key(check: Check) -> tuple[str, str, str]:
    return check.suite, check.subject, check.rule


def _answer(check: Check, report: pytest.TestReport) -> Verdict | None:
    """Return what a report says; None for a phase that says nothing."""
    verdict = verdict_of(report)
    expected = getattr(report, "wasxfail", None)
    if expected is not None and report.skipped and verdict is not None:
        # Another plugin, or a conftest, has marked the failure as expected.
        return replace(
            verdict,
            status=Status.WAIVED,
            waiver=Waiver(reason=str(expected) or "expected to fail", source="xfail"),
        )
    if verdict is not None and verdict.status is Status.ERROR:
        return verdict
    if verdict is not None and report.failed and not verdict.failed:
        return check.verdict(Status.ERROR, reason=_error(report))  # such as a strict xfail
    if verdict is not None:
        return verdict
    if report.failed:
        return check.verdict(Status.ERROR, reason=_error(report))
    if report.skipped:
        text = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "skipped"
        text = text if expected is None else f"xfail: {expected}"
        reason = Reason(kind="skipped", text=text.removeprefix("Skipped: "))
        return check.verdict(Status.NOT_RUN, reason=reason)
    return None


def _error(report: pytest.TestReport) -> Reason:
    lines = [line.strip() for line in report.longreprtext.splitlines() if line.strip()]
    text = getattr(report, _ERROR, "") or [*lines, "no answer"][-1]
    return Reason(kind="error", text=text)


def _unfinished(check: Check) -> Verdict:
    reason = Reason(kind="unfinished", text="the run ended before this check")
    return check.verdict(Status.NOT_RUN, reason=reason)
