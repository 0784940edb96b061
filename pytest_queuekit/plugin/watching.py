"""The hooks of a run whose own tests are watched."""

from __future__ import annotations

import enum
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_queuekit.model.verdict import Place
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.controller import is_controller
from pytest_queuekit.plugin.section import only_looks, write_section
from pytest_queuekit.plugin.settings import one_of
from pytest_queuekit.plugin.terms import Terms, shares, terms_of
from pytest_queuekit.report import watch as words
from pytest_queuekit.watch.finding import Finding, pack, unpack
from pytest_queuekit.watch.notebook import place_of
from pytest_queuekit.watch.watch import Watch

NAME = "queuekit-watch"

_ATTRIBUTE = "queue_watch"
"""Under this name a report carries findings; pytest and xdist keep a report's attributes."""


class Mode(enum.StrEnum):
    """What is done about findings."""

    OFF = "off"
    REPORT = "report"
    STRICT = "strict"


def mode_of(config: pytest.Config) -> Mode:
    """Return what the option, or the ini key, says. Raises pytest.UsageError."""
    default = options.watch_by_default(config)
    return Mode(one_of(config, "queue_watch", options.WATCHING, default))


def register(config: pytest.Config, mode: Mode) -> Watching:
    """Watch from now on; in the process that hands items out to others, hear what they say."""
    plugin = Watching(config, mode)
    config.pluginmanager.register(plugin, NAME)
    return plugin


def register_for_marked(config: pytest.Config) -> Watching:
    """Watch for the tests that ask for it, unless the run is watched already."""
    known = config.pluginmanager.get_plugin(NAME)
    return register(config, Mode.OFF) if known is None else cast("Watching", known)


_TERMS = pytest.StashKey[Terms]()
_FOUND = pytest.StashKey[list[Finding]]()
"""What was found in the phase of a test that has just ended, for its report."""


class Watching:
    """One run that is watched.

    findings: what was found and is not allowed; complete when the session finishes, in the
        process that writes the summary.
    """

    def __init__(self, config: pytest.Config, mode: Mode) -> None:
        self.findings: list[Finding] = []
        self.mode = mode
        self._root = config.rootpath
        self._hears = is_controller(config)
        self._fails = False
        self._known: dict[str, Terms] = {}
        self._stray: list[Finding] = []
        self._watch = Watch()
        if not self._hears:
            self._watch.start()

    # -- a test -------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin to watch for a test; the kit's own items are no users of a queue."""
        item.stash.setdefault(_FOUND, []).clear()
        if options.is_node_id(item.nodeid):
            self._watch.pause()
            return
        self._watch.begin(item.nodeid)
        try:
            self._known[item.nodeid] = item.stash[_TERMS] = self._terms(item)
        except ValueError as error:
            pytest.fail(str(error), pytrace=False)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Say what was found by the end of the body, and fail the test for it if it is strict."""
        try:
            result = yield
        except BaseException:
            self._keep(item, self._watch.after_call())
            raise
        self._tell(item, self._watch.after_call())
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Say what can be known only when the fixtures have ended."""
        is_kits = options.is_node_id(item.nodeid)
        if is_kits:
            # The user's fixtures of a wider scope end here where the kit's items are the last.
            self._watch.begin("")
        try:
            result = yield
        except BaseException:
            self._keep(item, self._watch.after_teardown(is_shared=True))
            raise
        # The traceback of a failure keeps the variables of the test, and what they have open.
        is_shared = is_kits or item.stash.get(_FAILED, False) or shares(item)
        self._tell(item, self._watch.after_teardown(is_shared=is_shared))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report of a phase carry what was found in it."""
        report = yield
        if call.when == "setup":
            item.stash[_FAILED] = False
            if call.excinfo is not None:
                self._keep(item, self._watch.after_call())
        item.stash[_FAILED] = item.stash.get(_FAILED, False) or call.excinfo is not None
        found = item.stash.get(_FOUND, [])
        if found:
            setattr(report, _ATTRIBUTE, [pack(one) for one in found])
            told = "\n".join(words.explain(found))
            if report.failed and told not in report.longreprtext:
                report.sections.append(("queue watch", told))
            item.stash[_FOUND] = []
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a report says."""
        # Without a mode the workers alone know who is marked, and say it when they end.
        if not (self._hears and self.mode is Mode.OFF):
            self.findings += map(unpack, getattr(report, _ATTRIBUTE, ()))

    # -- the end ------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say what was left open for several tests, and let the run fail if that is strict."""
        found = []
        for one in [*self._stray, *self._placed(self._watch.at_end())]:
            terms = self._terms_of_stray(one)
            kept = terms.keep([one])
            found += kept
            self._fails = self._fails or bool(kept and terms.is_strict)
        self.findings += found
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            told = self.findings if self.mode is Mode.OFF else found
            output[options.WATCH] = {"found": [*map(pack, told)], "fails": self._fails}
        if self._fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def so_far(self) -> list[Finding]:
        """Return what is known before the session finishes: all but what is then left open."""
        self._stray += self._placed(self._watch.so_far())
        strays = [one for one in self._stray if self._terms_of_stray(one).keep([one])]
        return self.findings + strays

    def enter(self, told: dict[str, Any]) -> None:
        """Take what a worker of pytest-xdist says when it ends."""
        self.findings += map(unpack, told["found"])
        self._fails = self._fails or told["fails"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was found."""
        if only_looks(terminalreporter.config) or (self.mode is Mode.OFF and not self.findings):
            return
        write_section(terminalreporter, "queue watch", words.report(self.findings))

    def pytest_unconfigure(self) -> None:
        """Leave sqlite3 as it was."""
        if not self._hears:
            self._watch.stop()

    # -- what is told -------------------------------------------------------------------------

    def _terms(self, item: pytest.Item) -> Terms:
        return terms_of(item, is_on=self.mode is not Mode.OFF, is_strict=self.mode is Mode.STRICT)

    def _terms_of_stray(self, one: Finding) -> Terms:
        """Return the terms of the test that a finding names, or those of what none is to blame."""
        outside = Terms(
            allowed=frozenset(),
            is_told=self.mode is not Mode.OFF,
            is_strict=self.mode is Mode.STRICT,
        )
        return self._known.get(one.test, outside)

    def _keep(self, item: pytest.Item, found: list[Finding]) -> list[Finding]:
        """Put what is told of a test where its report finds it, and return it.

        What happened outside of tests, or in a thread of another test, is kept for the end.
        """
        self._stray += self._placed(one for one in found if one.test != item.nodeid)
        if _TERMS not in item.stash:
            return []
        own = [one for one in found if one.test == item.nodeid]
        kept = item.stash[_TERMS].keep([*self._placed(own, item)])
        item.stash[_FOUND] = kept
        return kept

    def _tell(self, item: pytest.Item, found: list[Finding]) -> None:
        kept = self._keep(item, found)
        if kept and item.stash[_TERMS].is_strict:
            pytest.fail("\n".join(words.explain(kept)), pytrace=False)

    def _placed(
        self, found: Iterable[Finding], item: pytest.Item | None = None
    ) -> Iterable[Finding]:
        """Return findings with paths as node ids have them; without a line, that of the test."""
        for one in found:
            place = one.place
            if place is None and item is not None:
                path, line, _ = item.location
                place = place_of((str(self._root / path), (line or 0) + 1))
            yield replace(one, place=None if place is None else self._shortened(place))

    def _shortened(self, place: Place) -> Place:
        path = Path(place.path)
        inside = path.is_relative_to(self._root)
        return replace(place, path=str(path.relative_to(self._root) if inside else path))


_FAILED = pytest.StashKey[bool]()
"""Whether a phase of a test has failed so far."""
