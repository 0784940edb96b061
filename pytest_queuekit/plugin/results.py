"""Keeps what reports say about rules, in the process that writes the summary."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pytest_queuekit.model.verdict import Requirement, Status, Verdict
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.node_ids import without_lane
from pytest_queuekit.report import wire

_ATTRIBUTE = "queue_verdict"
"""Under this name a report carries its verdict; pytest and xdist keep a report's attributes."""


def attach(report: pytest.TestReport, verdict: Verdict) -> None:
    """Let a report carry a verdict."""
    setattr(report, _ATTRIBUTE, wire.pack(verdict))


def verdict_of(report: pytest.TestReport) -> Verdict | None:
    """Return the verdict that a report carries."""
    data = getattr(report, _ATTRIBUTE, None)
    return None if data is None else wire.unpack(data)


class Results:
    """What was asked, and what was answered, by node id; lanes of a race count as their rule.

    asked: the node ids that were collected and not deselected.
    answers: verdicts. errors: what happened to questions that ended without one.
    """

    def __init__(self) -> None:
        self.asked: dict[str, None] = {}
        self.answers: dict[str, Verdict] = {}
        self.errors: dict[str, str] = {}

    def expect(self, node_ids: Iterable[str]) -> None:
        """Note what is to be answered."""
        ours = filter(options.is_node_id, node_ids)
        self.asked.update(dict.fromkeys(map(without_lane, ours)))

    def enter(self, report: pytest.TestReport) -> None:
        """Note what a report says about a question, if it is about one."""
        if not options.is_node_id(report.nodeid):
            return
        node_id = without_lane(report.nodeid)
        self.asked.setdefault(node_id)
        verdict = verdict_of(report)
        if verdict is not None:
            self._answer(node_id, verdict)
        elif report.failed:
            self.errors[node_id] = _last_line(report)
        elif report.skipped:
            self._answer(node_id, _skipped(node_id, report))

    def of(self, head: str, label: str | None = None) -> list[Verdict]:
        """Return the answers under one head of node ids, of one queue or of all."""
        return [
            verdict
            for one, verdict in self.answers.items()
            if one.partition("::")[0] == head and label in (None, split(one)[1])
        ]

    def unfinished(self) -> list[str]:
        """Return the node ids that were asked and never answered."""
        return [one for one in self.asked if one not in self.answers and one not in self.errors]

    def _answer(self, node_id: str, verdict: Verdict) -> None:
        known = self.answers.get(node_id)
        # With lanes, and with --dist each, there are several answers, and the bad news counts.
        if known is None or _WEIGHT[verdict.status] > _WEIGHT[known.status]:
            self.answers[node_id] = verdict


_WEIGHT = {Status.NOT_APPLICABLE: 0, Status.NOT_RUN: 1, Status.PASS: 2, Status.FAIL: 3}


def split(node_id: str) -> tuple[str, str]:
    """Return the rule and the label of the queue that a node id means."""
    name = node_id.partition("::")[2]
    rule, _, label = name.partition("[")
    return rule, label.removesuffix("]")


def _skipped(node_id: str, report: pytest.TestReport) -> Verdict:
    """Return a verdict for what somebody else skipped, by a marker or an option."""
    rule, label = split(node_id)
    reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "skipped"
    return Verdict(
        rule=rule,
        family=rule.rpartition("-")[0],
        requirement=Requirement.MUST,
        sentence="",
        queue=label,
        status=Status.NOT_RUN,
        reason=reason.removeprefix("Skipped: "),
    )


def _last_line(report: pytest.TestReport) -> str:
    lines = [line.strip() for line in report.longreprtext.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["no answer"])[-1 if not errors else 0]
