"""Writes the section at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.results import Results, split
from pytest_queuekit.plugin.rules_collector import targets_of
from pytest_queuekit.plugin.section import only_looks, write_section
from pytest_queuekit.plugin.settings import Performance, Settings
from pytest_queuekit.queue.config import sqlite_warning
from pytest_queuekit.report import database, integration, review, terminal
from pytest_queuekit.report.environment import environment
from pytest_queuekit.report.examination import Examination
from pytest_queuekit.report.lines import Line
from pytest_queuekit.rules.catalogue import CATALOGUE


def header(settings: Settings) -> str:
    """Return what is said before a run: what is about to be tested."""
    tested = [_title(label, queue) for label, queue in settings.queues.items()]
    tested += [str(settings.database)] if settings.database else []
    tested += [f"review of {_reviewed(settings)}"] if settings.reviewed else []
    whom = f", for {_audience(settings)}" if settings.teams else ""
    return f"queue validation: {', '.join(tested)}{whom}"


def write(reporter: pytest.TerminalReporter, settings: Settings, results: Results) -> None:
    """Write what was found, unless the run was not to find anything."""
    if only_looks(reporter.config):
        return
    # Failures are told above, with their witness, unless pytest was asked not to.
    silent = reporter.config.option.tbstyle == "no"
    write_section(reporter, "queue validation", _lines(settings, results, witnesses=silent))


def _lines(settings: Settings, results: Results, *, witnesses: bool) -> Iterator[Line]:
    """Yield the environment, each queue, the database, and last the verdicts."""
    yield from environment(settings.effort.level, warning=sqlite_warning() or "")
    queues = [
        _examine(label, queue, settings, results)
        for label, queue in (settings.queues.items() if settings.rules else ())
    ]
    checks = results.of(options.DATABASE)
    for examined in queues:
        yield Line("")
        yield from terminal.report(examined, witnesses=witnesses)
    if settings.database:
        yield Line("")
        yield from database.report(str(settings.database), checks, problems=witnesses)
    reviewed = sorted(results.of(options.REVIEW), key=lambda one: one.rule)
    if settings.reviewed:
        yield Line("")
        yield from review.report(_reviewed(settings), reviewed, findings=witnesses)
    yield Line("")
    for examined in queues:
        yield from terminal.close(examined)
    for verdict in sorted(results.of(options.WORKER), key=lambda one: one.rule):
        yield from integration.close(verdict, problems=witnesses)
    if settings.database:
        missing = _of(options.DATABASE, results)
        yield from database.close(str(settings.database), checks, missing=missing)
    if settings.reviewed:
        missing = _of(options.REVIEW, results)
        yield from review.close(_reviewed(settings), reviewed, missing=missing)


def _examine(
    label: str, queue: QueueUnderTest, settings: Settings, results: Results
) -> Examination:
    """Sort out what is known about one queue."""
    verdicts = results.of(options.VALIDATE, label)
    mine = {
        split(one)[0]: one
        for one in results.asked
        if one.partition("::")[0] == options.VALIDATE and split(one)[1] == label
    }
    return Examination(
        title=_title(label, queue),
        verdicts=tuple(sorted(verdicts, key=lambda one: _place(one.rule))),
        unfinished=tuple(rule for rule, one in mine.items() if one in results.unfinished()),
        errors={rule: results.errors[one] for rule, one in mine.items() if one in results.errors},
        rules=sum(settings.concerns(rule.id) for rule in CATALOGUE),
        targets=len(targets_of(settings)),
        audience=_audience(settings),
        measured=settings.performance is not Performance.OFF,
        limitations=tuple(map(str, queue.contract.limitations)),
    )


def _title(label: str, queue: QueueUnderTest) -> str:
    return f"{label} {queue.version}".strip()


def _place(rule: str) -> int:
    """Return where in the catalogue a rule is; under pytest-xdist they end in any order."""
    return next((at for at, one in enumerate(CATALOGUE) if one.id == rule), len(CATALOGUE))


def _of(head: str, results: Results) -> int:
    """Return how many questions of a kind have no answer."""
    without = [*results.unfinished(), *results.errors]
    return sum(one.partition("::")[0] == head for one in without)


def _audience(settings: Settings) -> str:
    """Return the teams whose part is looked at: "worker 03 (worker engine)"."""
    return " and ".join(team.title for team in settings.teams)


def _reviewed(settings: Settings) -> str:
    return ", ".join(map(str, settings.reviewed))
