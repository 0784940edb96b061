"""Writes the section at the end of a run."""

from __future__ import annotations

import pytest

from pytest_queuekit.pytest_side.ledger import Ledger, split
from pytest_queuekit.pytest_side.settings import Performance, Settings
from pytest_queuekit.reports import terminal
from pytest_queuekit.reports.environment import environment
from pytest_queuekit.reports.examination import Examination
from pytest_queuekit.reports.terminal import Line, Tone

_MARKUP = {
    Tone.PLAIN: {},
    Tone.HEAD: {"bold": True},
    Tone.GOOD: {"green": True},
    Tone.BAD: {"red": True},
    Tone.CAREFUL: {"yellow": True},
}


def write(
    reporter: pytest.TerminalReporter, settings: Settings, ledger: Ledger, rules: int
) -> None:
    """Write what was found: the environment, each queue, and last the verdicts."""
    if reporter.config.option.collectonly:
        return
    examinations = examine(settings, ledger, rules)
    silent = reporter.config.option.tbstyle == "no"
    reporter.section("queue validation")
    lines = environment(settings.effort.level)
    for one in examinations:
        lines += [Line(""), *terminal.report(one, witnesses=silent)]
    lines.append(Line(""))
    for one in examinations:
        lines += terminal.closing(one)
    for line in lines:
        reporter.write_line(line.text, **_MARKUP[line.tone])


def examine(settings: Settings, ledger: Ledger, rules: int) -> list[Examination]:
    """Sort what is known by queue."""
    return [
        Examination(
            title=f"{label} {subject.version}".strip(),
            verdicts=tuple(
                verdict for node_id, verdict in ledger.answers.items() if split(node_id)[1] == label
            ),
            unfinished=tuple(
                split(node_id)[0] for node_id in ledger.unfinished() if split(node_id)[1] == label
            ),
            errors={
                split(node_id)[0]: told
                for node_id, told in ledger.errors.items()
                if split(node_id)[1] == label
            },
            rules=rules,
            measured=settings.performance is not Performance.OFF,
            limitations=subject.contract.limitations,
        )
        for label, subject in settings.subjects.items()
    ]
