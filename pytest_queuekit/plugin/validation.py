"""The hooks of a run that contains suites."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from pytest_queuekit.model.verdict import Status
from pytest_queuekit.plugin import (
    durations,
    family_lines,
    options,
    progress,
    reporting,
    results,
    settings,
)
from pytest_queuekit.plugin.controller import Controller, is_controller
from pytest_queuekit.plugin.ending import Ending, end
from pytest_queuekit.plugin.keeping import Keeper
from pytest_queuekit.plugin.node_ids import chosen_checks
from pytest_queuekit.plugin.nodes import KEEP, CheckItem, SuiteCollector
from pytest_queuekit.plugin.section import only_looks
from pytest_queuekit.suites.check import Check, Suite
from pytest_queuekit.suites.plan import Plan

if TYPE_CHECKING:
    from pytest_queuekit.plugin.gate import Gate

NAME = "queuekit-validation"
_HYPOTHESIS = "hypothesispytest"
"""The name of Hypothesis' plugin."""


def register(config: pytest.Config) -> None:
    """Read the options and register the hooks. Raises pytest.UsageError for an invalid option."""
    asked = settings.read(config)
    validation = Validation(config, asked)
    _leave_paths(config, keep=asked.plan.gate)
    if not config.args and config.pluginmanager.has_plugin(_HYPOTHESIS):
        # It imports all of Hypothesis when a run ends, and this run has no property tests.
        config.pluginmanager.unregister(name=_HYPOTHESIS)
    config.pluginmanager.register(validation, NAME)
    if is_controller(config):
        lanes = {node_id: check.lane for node_id, check in validation.checks.items() if check.lane}
        controller = Controller(asked.plan.track, lanes, validation.results)
        config.pluginmanager.register(controller, f"{NAME}-xdist")
    if asked.plan.gate:
        from pytest_queuekit.plugin import gate, team_tests

        config.pluginmanager.register(team_tests.Marking(asked.plan.teams), team_tests.NAME)
        if not hasattr(config, "workerinput"):
            validation.gate = gate.register(
                config,
                asked.plan,
                validation.all_suites,
                validation.results,
                checks=validation.checks,
            )


def suites_of(plan: Plan) -> dict[str, list[Suite]]:
    """Return the suites of a run, under the heads of their node ids."""
    suites: dict[str, list[Suite]] = {}
    for module, head in options.SUITES:
        suite = import_module(f"pytest_queuekit.suites.{module}").SUITE.of(plan)
        if suite is not None:
            suites.setdefault(head, []).append(suite)
    return suites


def _leave_paths(config: pytest.Config, *, keep: bool) -> None:
    """Let the run's arguments be the given paths, without node ids and defaults.

    The defaults are kept for the gate, which judges the project's own tests.
    """
    given = config.args_source is pytest.Config.ArgsSource.ARGS
    paths = [argument for argument in config.args if not options.is_node_id(argument)]
    config.args = paths if given or keep else []


class Validation:
    """One run: its settings and its result.

    suites: by the head of their node ids. checks: by node id, deselected ones included.
    ending: the result of the run, and what shows it; None until the run ends.
    """

    def __init__(self, config: pytest.Config, asked: settings.Settings) -> None:
        self.settings = asked
        self.suites = suites_of(asked.plan)
        self.gate: Gate | None = None
        self.ending: Ending | None = None
        checks = {
            head: [check for suite in suites for check in suite.checks()]
            for head, suites in self.suites.items()
        }
        self._chosen = {
            head: chosen_checks(
                known, [node_id for node_id in asked.chosen if node_id.partition("::")[0] == head]
            )
            for head, known in checks.items()
        }
        self.checks: Mapping[str, Check] = {
            f"{head}::{check.name}": check for head, known in checks.items() for check in known
        }
        self.results = results.Results(self.checks)
        self._began = time.monotonic()
        self._notes = reporting.keep_out_of_the_way(config)
        self._keeper = Keeper(config.rootpath, asked, self.all_suites)
        config.stash[KEEP] = self._keeper.keep

    @property
    def all_suites(self) -> list[Suite]:
        """The suites of the run, in the order of reports."""
        return [suite for suites in self.suites.values() for suite in suites]

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Show progress from now on: pytest has found its terminal."""
        level = self.settings.plan.effort.level
        progress.register(session.config, durations.read(session.config, level))
        family_lines.register(session.config, self.checks, self.results)

    def pytest_report_header(self) -> list[str]:
        """Name the subjects that the run tests, and those with contradictory declarations."""
        subjects = [subject for suite in self.all_suites for subject in suite.subjects()]
        teams = self.settings.plan.team_titles
        named = f", for {teams}" if teams else ""
        titles = dict.fromkeys(subject.title for subject in subjects)
        wrong = {subject.title: subject.contradiction for subject in subjects}
        return [
            f"queue validation: {', '.join(titles)}{named}",
            *(f"  {title}: {clause}" for title, clause in wrong.items() if clause),
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the suites to the nodes that the session collects."""
        report = yield
        if isinstance(collector, pytest.Session):
            ours = [
                SuiteCollector.beside(
                    collector, head=head, suites=suites, chosen=self._chosen[head]
                )
                for head, suites in self.suites.items()
            ]
            report.result = [*(report.result or []), *ours]
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the checks of each suite together, in whatever order another plugin put them.

        The user's tests stay where they are.
        """
        places = [place for place, item in enumerate(items) if isinstance(item, CheckItem)]
        ours = [items[place] for place in places]
        heads = list(dict.fromkeys(item.nodeid.partition("::")[0] for item in ours))
        ours.sort(key=lambda item: heads.index(item.nodeid.partition("::")[0]))
        for place, item in zip(places, ours, strict=True):
            items[place] = item

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record the selected checks."""
        self.results.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report of a check carry its verdict."""
        report = yield
        if isinstance(item, CheckItem):
            if call.when == "call" and item.verdict:
                verdict = replace(item.verdict, seconds=item.verdict.seconds or call.duration)
                results.attach(report, verdict, proof=item.shows_proof(call))
                results.attach_unkept(report, self._keeper.problem)
            if call.excinfo is not None and not item.is_answer(call):
                results.attach_error(report, call.excinfo.value)
            if report.skipped and isinstance(report.longrepr, tuple):
                # Not in the kit's source, but in the suite's name. There is no line number: pytest
                # shows none for None, its types only do not say so.
                where = str(item.config.rootpath / item.nodeid.partition("::")[0])
                report.longrepr = (where, None, report.longrepr[2])  # type: ignore[assignment]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the verdict for the summary."""
        self.results.enter(report)

    def pytest_report_teststatus(
        self, report: pytest.TestReport | pytest.CollectReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show a waived failure and an unfollowed recommendation under names of their own."""
        if isinstance(report, pytest.TestReport) and report.passed and report.when == "call":
            verdict = results.verdict_of(report)
            if verdict is not None and verdict.status is Status.WAIVED:
                return "waived", "w", ("WAIVED", {"yellow": True})
            if verdict is not None and verdict.advised:
                return "not as recommended", "r", ("NOT AS RECOMMENDED", {"yellow": True})
        return None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge the run, and set the exit status that agrees with the last lines."""
        config = session.config
        if only_looks(config) or hasattr(config, "workerinput"):
            return (yield)
        self.ending = end(
            config,
            self.settings,
            self.all_suites,
            self.checks.values(),
            self.results,
            self.gate,
            seconds=time.monotonic() - self._began,
            hints=[*self._notes, *filter(None, [self.results.unkept])],
        )
        durations.write(config, self.settings.plan.effort.level, self.ending.result.verdicts)
        outcome = yield
        if not self.ending.good and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return outcome

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the queue-validation section, and a line about each report."""
        if self.ending is not None:
            self.ending.write(terminalreporter)
