"""The hooks of a run whose own tests are watched."""

from __future__ import annotations

import enum
from collections.abc import Generator, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_queuekit.model.verdict import Place
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.controller import is_controller
from pytest_queuekit.plugin.guard import guarded
from pytest_queuekit.plugin.section import only_looks, write_section
from pytest_queuekit.plugin.settings import one_of
from pytest_queuekit.plugin.terms import Terms, shares, terms_of
from pytest_queuekit.report import watch as words
from pytest_queuekit.report.lines import Line, Tone
from pytest_queuekit.watch.finding import WatchFinding, pack, unpack
from pytest_queuekit.watch.internal_errors import InternalErrors
from pytest_queuekit.watch.notebook import place_of
from pytest_queuekit.watch.watch import Watch

NAME = "queuekit-watch"

_ATTRIBUTE = "queue_watch"
"""The attribute of a test report that carries findings; pytest and xdist keep it."""


class Mode(enum.StrEnum):
    """The effect of a finding on the run."""

    OFF = "off"
    REPORT = "report"
    STRICT = "strict"


def mode_of(config: pytest.Config) -> Mode:
    """Return the mode from `--queue-watch`, else from the ini key `queue_watch`, else the default.

    Raises pytest.UsageError for an unknown mode.
    """
    default = options.watch_by_default(config)
    return Mode(one_of(config, "queue_watch", options.WATCHING, default))


def register(config: pytest.Config, mode: Mode) -> Watching:
    """Start the watch; a controller of pytest-xdist only collects its workers' findings."""
    plugin = Watching(config, mode)
    config.pluginmanager.register(plugin, NAME)
    return plugin


def register_for_marked(config: pytest.Config) -> Watching:
    """Start the watch for marked tests, unless the run is watched already."""
    plugin = config.pluginmanager.get_plugin(NAME)
    return register(config, Mode.OFF) if plugin is None else cast("Watching", plugin)


_TERMS = pytest.StashKey[Terms]()
_FINDINGS = pytest.StashKey[list[WatchFinding]]()
"""The findings in the phase of a test that has just ended, for its report."""
_FAILED = pytest.StashKey[bool]()
"""True if a phase of a test has failed so far."""


class Watching:
    """One run that is watched.

    findings: the forbidden actions so far. Only the process that writes the summary has all of
        them, once the session has finished.
    """

    def __init__(self, config: pytest.Config, mode: Mode) -> None:
        self.findings: list[WatchFinding] = []
        self.mode = mode
        self._root = config.rootpath
        self._is_controller = is_controller(config)
        self._fails = False
        self._lines: list[Line] = []
        self._terms: dict[str, Terms] = {}
        self._stray: list[WatchFinding] = []
        self._workers_errors = InternalErrors()
        self._watch = Watch()
        if not self._is_controller:
            self._watch.start()

    @property
    def internal_errors(self) -> InternalErrors:
        """Errors of the watch itself so far, in this process and in workers that have ended."""
        return self._watch.errors.total + self._workers_errors

    # -- a test -------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Start watching a test, unless it is one of the kit's own items."""
        item.stash.setdefault(_FINDINGS, []).clear()
        if options.is_node_id(item.nodeid):
            self._watch.pause()
            return
        self._watch.begin(item.nodeid)
        is_on, is_strict = self.mode is not Mode.OFF, self.mode is Mode.STRICT
        try:
            terms = terms_of(item, is_on=is_on, is_strict=is_strict)
        except ValueError as error:
            pytest.fail(str(error), pytrace=False)
        self._terms[item.nodeid] = item.stash[_TERMS] = terms

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Collect the findings of the body; fail a strict test for them."""
        try:
            result = yield
        except BaseException:
            self._keep(item, self._watch.after_call())
            raise
        self._judge(item, self._watch.after_call())
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Collect the findings that are known only when the fixtures have ended."""
        is_kits = options.is_node_id(item.nodeid)
        if is_kits:
            # If the kit's items are the last, the user's fixtures of a wider scope end here.
            self._watch.begin("")
        try:
            result = yield
        except BaseException:
            self._keep(item, self._watch.after_teardown(is_shared=True))
            raise
        # The traceback of a failure keeps the test's variables alive, and what they have open.
        is_shared = is_kits or item.stash.get(_FAILED, False) or shares(item)
        self._judge(item, self._watch.after_teardown(is_shared=is_shared))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the findings of a phase to its report."""
        report = yield
        if call.when == "setup":
            item.stash[_FAILED] = False
            if call.excinfo is not None:
                self._keep(item, self._watch.after_call())
        item.stash[_FAILED] = item.stash.get(_FAILED, False) or call.excinfo is not None
        findings = item.stash.get(_FINDINGS, [])
        if findings:
            setattr(report, _ATTRIBUTE, [pack(finding) for finding in findings])
            if report.failed:
                self._explain(report, findings)
            item.stash[_FINDINGS] = []
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the findings of a report."""
        # In mode off only a worker knows which tests are marked, and reports them when it ends.
        if not (self._is_controller and self.mode is Mode.OFF):
            self.findings += map(unpack, getattr(report, _ATTRIBUTE, ()))

    # -- the end ------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Collect the findings of no single test; fail the run for them and for internal errors."""
        findings = []
        for finding in [*self._stray, *self._placed(self._watch.at_end())]:
            terms = self._terms_of_stray(finding)
            kept = terms.keep([finding])
            findings += kept
            self._fails = self._fails or bool(kept and terms.is_strict)
        self.findings += findings
        # A watch that failed may have missed what a strict test did, whichever test ran meanwhile.
        is_strict = self.mode is Mode.STRICT or any(t.is_strict for t in self._terms.values())
        self._fails = self._fails or bool(self.internal_errors and is_strict)
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            sent = self.findings if self.mode is Mode.OFF else findings
            output[options.WATCH] = {
                "findings": [*map(pack, sent)],
                "fails": self._fails,
                "errors": asdict(self.internal_errors),
            }
        else:
            self._lines = self._section()
        if self._fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def so_far(self) -> list[WatchFinding]:
        """Return the findings so far: all but those about connections that are still open."""
        self._stray += self._placed(self._watch.so_far())
        strays = [
            finding for finding in self._stray if self._terms_of_stray(finding).keep([finding])
        ]
        return self.findings + strays

    def enter(self, output: dict[str, Any]) -> None:
        """Take the findings and errors that an xdist worker reports when it ends."""
        self.findings += map(unpack, output["findings"])
        self._fails = self._fails or output["fails"]
        self._workers_errors += InternalErrors(**output["errors"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the section of the watch."""
        if self._lines and not only_looks(terminalreporter.config):
            write_section(terminalreporter, "queue watch", self._lines)

    def pytest_unconfigure(self) -> None:
        """Stop the watch, which restores `sqlite3.connect`."""
        if not self._is_controller:
            self._watch.stop()

    def _section(self) -> list[Line]:
        """Return the section of the watch. An exception in it is shown there, and fails the run."""
        total = self.internal_errors
        if self.mode is Mode.OFF and not self.findings and not total:
            return []
        errors: list[str] = []
        with guarded(errors, "the section of the watch"):
            return [*words.report(self.findings, total)]
        self._fails = True
        return [Line(error, Tone.BAD) for error in errors]

    # -- findings -----------------------------------------------------------------------------

    def _terms_of_stray(self, finding: WatchFinding) -> Terms:
        """Return the terms of the test that a finding names, or those of no test."""
        outside = Terms(
            allowed=frozenset(),
            is_reported=self.mode is not Mode.OFF,
            is_strict=self.mode is Mode.STRICT,
            is_marked=False,
        )
        return self._terms.get(finding.test, outside)

    def _explain(self, report: pytest.TestReport, findings: list[WatchFinding]) -> None:
        """Add the findings to the report of a failed phase that does not show them."""
        try:
            text = "\n".join(words.explain(findings))
        except Exception as error:  # noqa: BLE001 - the section of the watch shows it
            self._watch.errors.record(error, test=report.nodeid)
            self._fails = True
            return
        if text not in report.longreprtext:
            report.sections.append(("queue watch", text))

    def _keep(self, item: pytest.Item, findings: list[WatchFinding]) -> list[WatchFinding]:
        """Stash the findings of a test for its report, and return them.

        Findings outside of tests, or in a thread of another test, are kept for the end.
        """
        self._stray += self._placed(other for other in findings if other.test != item.nodeid)
        if _TERMS not in item.stash:
            return []
        own = [finding for finding in findings if finding.test == item.nodeid]
        kept = item.stash[_TERMS].keep([*self._placed(own, item)])
        item.stash[_FINDINGS] = kept
        return kept

    def _judge(self, item: pytest.Item, findings: list[WatchFinding]) -> None:
        """Keep the findings of a test, and fail the test for them if it is strict."""
        kept = self._keep(item, findings)
        errors = self._watch.errors.take(item.nodeid)
        terms = item.stash.get(_TERMS, None)
        if terms is None:
            return
        lines = words.explain(kept) if kept and terms.is_strict else []
        # In a strict run an internal error fails the run once, and not each of a thousand tests.
        lines += [words.failure(errors)] if errors and terms.is_marked else []
        if lines:
            pytest.fail("\n".join(lines), pytrace=False)

    def _placed(
        self, findings: Iterable[WatchFinding], item: pytest.Item | None = None
    ) -> Iterable[WatchFinding]:
        """Yield findings with paths as in node ids; without a line, with that of the test."""
        for finding in findings:
            place = finding.place
            if place is None and item is not None:
                path, line, _ = item.location
                place = place_of((str(self._root / path), (line or 0) + 1))
            yield replace(finding, place=None if place is None else self._shortened(place))

    def _shortened(self, place: Place) -> Place:
        path = Path(place.path)
        inside = path.is_relative_to(self._root)
        return replace(place, path=str(path.relative_to(self._root) if inside else path))
