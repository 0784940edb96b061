"""Gathers the evidence of a run for the gate."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.gate import changes
from pytest_queuekit.gate.covered import covered, stored
from pytest_queuekit.gate.docstrings import public_names
from pytest_queuekit.gate.evidence import Answers, Changes, Covered, Documented, Evidence
from pytest_queuekit.model.verdict import Verdict
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.gate_settings import GateSettings
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.team_code import TeamCode
from pytest_queuekit.plugin.team_tests import Tally
from pytest_queuekit.suites.check import Check, Suite
from pytest_queuekit.suites.load import CHECKS
from pytest_queuekit.suites.plan import Plan
from pytest_queuekit.watch.finding import BUSY, WatchFinding
from pytest_queuekit.watch.internal_errors import InternalErrors, describe

_WATCH = "queuekit-watch"
"""The name of the plugin that watches databases."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The parts of a run that leave evidence.

    suites: all suites of the run. checks: all their checks, deselected ones included.
    results: the verdicts on them. tally: the outcomes of the user's own tests.
    """

    config: pytest.Config
    plan: Plan
    settings: GateSettings
    suites: Sequence[Suite]
    checks: Sequence[Check]
    results: Results
    tally: Tally

    @cached_property
    def code(self) -> TeamCode | None:
        """The team's code; None if the run reviews none."""
        return TeamCode(self.config, self.plan.reviewed) if self.plan.reviewed else None

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name of each file of the code, in the form of findings, by its real path."""
        return _names(self.code.files, self.config.rootpath) if self.code else {}

    @cached_property
    def answers(self) -> Mapping[str, Answers]:
        """The answers by kind."""
        return _answers(self.suites, self.checks, self.results)

    @property
    def watching(self) -> Any:
        """The plugin that watches databases; None if nothing is watched."""
        return self.config.pluginmanager.get_plugin(_WATCH)


def gather(sources: Sources) -> Evidence:
    """Return the evidence of a run.

    If a part raises an exception, `Evidence.failures` has its error, and the other parts remain.
    """
    gathered: dict[str, Any] = {}
    failures = {}
    for name, read in _parts(sources).items():
        try:
            gathered[name] = read()
        except Exception as error:  # noqa: BLE001 - the criteria that need the part show it
            failures[name] = describe(error)
    return Evidence(**gathered, failures=failures)


def _parts(sources: Sources) -> dict[str, Callable[[], object]]:
    """Return a function for each field of the evidence."""
    tally = sources.tally
    kinds = ("checks", "rules", "integration", "load", "review", "targets")
    return {
        **{kind: lambda kind=kind: sources.answers.get(kind, Answers()) for kind in kinds},  # type: ignore[misc]
        "tests": lambda: tally.tests(measuring=False),
        "measuring": lambda: tally.tests(measuring=True),
        "in_files": tally.passed_in_files,
        "deselected": lambda: tally.deselected,
        "covered": lambda: _covered(sources),
        "files": lambda: frozenset(sources.names.values()) if sources.code else None,
        "approved_by": lambda: sources.settings.approved_by,
        "watch_findings": lambda: _watch_findings(sources),
        "watch_errors": lambda: (
            sources.watching.internal_errors if sources.watching else InternalErrors()
        ),
        "documented": lambda: _documented(sources.code),
        "changes": lambda: _changes(sources),
    }


def _answers(
    suites: Sequence[Suite], checks: Iterable[Check], results: Results
) -> dict[str, Answers]:
    expected: dict[str, set[tuple[str, str]]] = {}
    verdicts: dict[str, list[Verdict]] = {}
    for check in checks:
        kind = _kind(check.suite, check.rule)
        expected.setdefault(kind, set()).add((check.subject, check.rule))
    for suite in suites:
        for subject in suite.subjects():
            for verdict in results.of(suite.name, subject.label):
                verdicts.setdefault(_kind(suite.name, verdict.rule), []).append(verdict)
    return {
        kind: Answers(
            verdicts=tuple(
                sorted(verdicts.get(kind, ()), key=lambda verdict: (verdict.queue, verdict.rule))
            ),
            expected=len(asked),
        )
        for kind, asked in expected.items()
    }


def _kind(suite: str, rule: str) -> str:
    """Return the field of the evidence that a check belongs to."""
    return "checks" if suite == "database" or rule == CHECKS else suite


def _names(files: Iterable[Path], root: Path) -> dict[str, str]:
    paths = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100 - links stay as named
    return {
        os.path.realpath(path): str(path.relative_to(root) if path.is_relative_to(root) else path)
        for path in paths
    }


def _watch_findings(sources: Sources) -> list[WatchFinding] | None:
    """Return the findings of the watch, except for the locks that another team's tests met.

    None if the watch was off, or watched marked tests alone.
    """
    if sources.watching is None or not options.is_watch_asked_for(sources.config):
        return None
    return [
        _renamed(finding, sources.names, sources.config.rootpath)
        for finding in sources.watching.so_far()
        if finding.kind != BUSY or finding.test not in sources.tally.of_others
    ]


def _renamed(finding: WatchFinding, names: Mapping[str, str], root: Path) -> WatchFinding:
    """Return a finding with the code's name of its file, which a link may have hidden."""
    if finding.place is None:
        return finding
    name = names.get(os.path.realpath(root / finding.place.path), finding.place.path)
    return replace(finding, place=replace(finding.place, path=name))


def _covered(sources: Sources) -> Covered:
    file = sources.settings.coverage
    measurement: Any = stored(file) if file else _measured_here(sources.config)
    if measurement is None:
        return Covered(
            unknown="coverage is unknown: add --cov=PACKAGE or --queue-coverage FILE (--cov needs "
            "pytest-cov)"
        )
    if isinstance(measurement, str):
        return Covered(unknown=measurement)
    return covered(measurement, sources.code.files if sources.code else None)


def _measured_here(config: pytest.Config) -> Any:
    """Return the measurement of pytest-cov in this run, a Coverage; None if there is none."""
    plugin = config.pluginmanager.get_plugin("_cov")
    return getattr(getattr(plugin, "cov_controller", None), "cov", None)


def _documented(code: TeamCode | None) -> Documented | None:
    if code is None or not code.files:
        return None
    names = list(public_names(code.files))
    bare = tuple(place for place, has_docstring in names if not has_docstring)
    return Documented(names=len(names), bare=bare)


def _changes(sources: Sources) -> Changes:
    base, code = sources.settings.base, sources.code
    if not base or code is None or not code.files:
        return Changes()
    try:
        top, paths = changes.changed_since(base, sources.config.rootpath)
        changes.check_inside(code.files, top)
    except UsageError as error:
        return Changes(base=base, unknown=f"the changes since {base} are unknown: {error}")
    changed_code = [path for path in paths if code.has(top / path)]
    return Changes(
        base=base,
        code=tuple(map(str, changed_code)),
        pages=tuple(
            str(path)
            for path in paths
            if path not in changed_code and changes.is_documentation(path)
        ),
    )
