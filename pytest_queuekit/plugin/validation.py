"""The hooks of a run that was asked for rules or checks."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from pytest_queuekit.model.verdict import Status
from pytest_queuekit.plugin import options, results, settings, summary
from pytest_queuekit.plugin.controller import Controller, is_controller
from pytest_queuekit.plugin.database_checks import Checks, check_names
from pytest_queuekit.plugin.gate_items import GateQuestions, gate_names
from pytest_queuekit.plugin.integration import Integration, integration_names
from pytest_queuekit.plugin.node_ids import chosen_names
from pytest_queuekit.plugin.nodes import Questions, QueueItem
from pytest_queuekit.plugin.reviews import Reviews, codes
from pytest_queuekit.plugin.rules_collector import Rules, rule_names
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import Rule

NAME = "queuekit-validation"


def register(config: pytest.Config) -> None:
    """Read the options and register the hooks. Raises pytest.UsageError."""
    asked = settings.read(config)
    _check_node_ids(asked)
    _leave_paths(config, keep=asked.gate)
    validation = Validation(asked)
    config.pluginmanager.register(validation, NAME)
    if is_controller(config):
        controller = Controller(config, validation.settings, validation.results)
        config.pluginmanager.register(controller, f"{NAME}-xdist")
    if asked.gate:
        from pytest_queuekit.plugin import gate, team_tests

        config.pluginmanager.register(team_tests.Marking(asked.teams), team_tests.NAME)
        if not hasattr(config, "workerinput"):
            gate.register(config, asked, validation.results)


def _rules(asked: settings.Settings) -> tuple[Rule, ...]:
    """Return the rules that are put in this run."""
    return tuple(one for one in CATALOGUE if asked.concerns(one.id))


def _check_node_ids(asked: settings.Settings) -> None:
    """Raise pytest.UsageError if a node id means nothing: collecting would show a traceback."""
    names = {
        options.VALIDATE: rule_names(_rules(asked), asked) if asked.rules else [],
        options.DATABASE: check_names(asked.database) if asked.database else [],
        options.REVIEW: codes(asked) if asked.reviewed else [],
        options.WORKER: integration_names(asked),
        options.GATE: gate_names(asked),
    }
    for head, known in names.items():
        chosen_names(known, [one for one in asked.chosen if one.partition("::")[0] == head])


def _leave_paths(config: pytest.Config, *, keep: bool) -> None:
    """Let the run's arguments be the paths that were given, without node ids and defaults.

    The defaults are kept for the gate, which judges the tests that are the project's.
    """
    given = config.args_source is pytest.Config.ArgsSource.ARGS
    paths = [one for one in config.args if not options.is_node_id(one)]
    config.args = paths if given or keep else []


class Validation:
    """One run: what was asked for, and what was found."""

    def __init__(self, asked: settings.Settings) -> None:
        self.settings = asked
        self.results = results.Results()

    def pytest_report_header(self) -> str:
        """Say what is about to be tested."""
        return summary.header(self.settings)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the rules beside what the session collects."""
        report = yield
        if isinstance(collector, pytest.Session):
            report.result = [*(report.result or []), *self._collectors(collector)]
        return report

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is to be answered."""
        self.results.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report of a rule carry its verdict."""
        report = yield
        if isinstance(item, QueueItem):
            if call.when == "call" and item.verdict:
                results.attach(report, item.verdict)
            if report.skipped:
                # No line number: pytest shows none for None, its types only do not say so.
                report.longrepr = _skip(item, report)  # type: ignore[assignment]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the verdict for the summary."""
        self.results.enter(report)

    def pytest_report_teststatus(
        self, report: pytest.TestReport | pytest.CollectReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show a broken recommendation as what it is: neither passed nor failed."""
        if isinstance(report, pytest.TestReport) and report.passed:
            verdict = results.verdict_of(report)
            if verdict is not None and verdict.status is Status.FAIL:
                return "not as recommended", "r", ("NOT AS RECOMMENDED", {"yellow": True})
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was found."""
        summary.write(terminalreporter, self.settings, self.results)

    def _collectors(self, session: pytest.Session) -> Iterator[Questions]:
        asked = self.settings
        if asked.rules:
            yield Rules.beside(session, name=options.VALIDATE, rules=_rules(asked), settings=asked)
        if asked.queues:
            yield Integration.beside(session, name=options.WORKER, settings=asked)
        if asked.gate:
            yield GateQuestions.beside(session, name=options.GATE, settings=asked)
        if asked.database:
            yield Checks.beside(
                session, name=options.DATABASE, chosen=asked.chosen, database=asked.database
            )
        if asked.reviewed:
            yield Reviews.beside(session, name=options.REVIEW, settings=asked)


def _skip(item: QueueItem, report: pytest.TestReport) -> tuple[str, int | None, str]:
    """Return where and why a rule was skipped; not in the kit's source, but in its own name."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "Skipped"
    return str(item.config.rootpath / item.nodeid.partition("::")[0]), None, str(reason)
