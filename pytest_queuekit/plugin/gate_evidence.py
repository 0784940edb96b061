"""Gathers what a run leaves behind for the gate."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.gate import changes
from pytest_queuekit.gate.covered import covered, stored
from pytest_queuekit.gate.docstrings import public_names
from pytest_queuekit.gate.evidence import Answers, Covered, Documented, Evidence
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.plugin.gate_settings import Given
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.team_code import TeamCode
from pytest_queuekit.plugin.team_tests import Tally
from pytest_queuekit.suites.check import Suite
from pytest_queuekit.suites.load import CHECKS
from pytest_queuekit.suites.plan import Plan
from pytest_queuekit.watch.finding import BUSY, WatchFinding
from pytest_queuekit.watch.internal_errors import InternalErrors


def gather(
    config: pytest.Config,
    plan: Plan,
    given: Given,
    *,
    suites: Sequence[Suite],
    results: Results,
    tally: Tally,
    seen: Sequence[WatchFinding] | None,
    watch_errors: InternalErrors,
) -> Evidence:
    """Return the evidence of a run. `seen` has the findings of the watch; None where it was off.

    watch_errors: errors of the watch itself.
    """
    code = TeamCode(config, plan.reviewed) if plan.reviewed else None
    root = config.rootpath
    names = _names(code.files, root) if code else {}
    return Evidence(
        **_answers(suites, results),
        tests=tally.tests(measuring=False),
        measuring=tally.tests(measuring=True),
        in_files=tally.passed_in_files(),
        deselected=tally.deselected,
        covered=_covered(config, given, code.files if code else None),
        files=frozenset(names.values()) if code else None,
        approved_by=given.approved_by,
        seen=None if seen is None else [_renamed(one, names, root) for one in _met(seen, tally)],
        watch_errors=watch_errors,
        documented=_documented(code, given.base, root) if code else None,
    )


def _answers(suites: Sequence[Suite], results: Results) -> dict[str, Answers]:
    """Return the answers of each kind, with the number that a whole run has."""
    expected: dict[str, set[tuple[str, str]]] = {}
    verdicts: dict[str, list[Verdict]] = {}
    for suite in suites:
        for check in suite.checks():
            kind = _kind(suite.name, check.rule)
            expected.setdefault(kind, set()).add((check.subject, check.rule))
        for subject in suite.subjects():
            for verdict in results.of(suite.name, subject.label):
                if verdict.status is not Status.ERROR and _kind_of_reason(verdict) != "unfinished":
                    verdicts.setdefault(_kind(suite.name, verdict.rule), []).append(verdict)
    kinds = ("checks", "load", "rules", "targets", "integration", "review")
    return {
        kind: Answers(
            verdicts=tuple(
                sorted(verdicts.get(kind, ()), key=lambda verdict: (verdict.queue, verdict.rule))
            ),
            expected=len(expected.get(kind, ())),
        )
        for kind in kinds
    }


def _kind(suite: str, rule: str) -> str:
    """Return the kind of evidence that a check is."""
    return "checks" if suite == "database" or rule == CHECKS else suite


def _kind_of_reason(verdict: Verdict) -> str:
    return verdict.reason.kind if verdict.reason else ""


def _names(files: Iterable[Path], root: Path) -> dict[str, str]:
    """Return by which name each file is told, as node ids have them, by its real path."""
    wholes = [Path(os.path.abspath(one)) for one in files]  # noqa: PTH100 - as it was named
    return {
        os.path.realpath(one): str(one.relative_to(root) if one.is_relative_to(root) else one)
        for one in wholes
    }


def _met(seen: Sequence[WatchFinding], tally: Tally) -> Iterator[WatchFinding]:
    """Yield what was found, but for the locks that another team's tests met."""
    yield from (one for one in seen if one.kind != BUSY or one.test not in tally.of_others)


def _renamed(one: WatchFinding, names: dict[str, str], root: Path) -> WatchFinding:
    """Return a finding in a file by the name of it: it may have been imported through a link."""
    if one.place is None:
        return one
    name = names.get(os.path.realpath(root / one.place.path), one.place.path)
    return replace(one, place=replace(one.place, path=name))


def _covered(config: pytest.Config, given: Given, code: list[Path] | None) -> Covered:
    measured: Any = stored(given.coverage) if given.coverage else _measured_here(config)
    if measured is None:
        return Covered(
            unknown="coverage is not known: add --cov=PACKAGE, of pytest-cov, or "
            "--queue-coverage FILE"
        )
    return Covered(unknown=measured) if isinstance(measured, str) else covered(measured, code)


def _measured_here(config: pytest.Config) -> Any:
    """Return what pytest-cov has measured in this run, a Coverage; None where it did not."""
    plugin = config.pluginmanager.get_plugin("_cov")
    return getattr(getattr(plugin, "cov_controller", None), "cov", None)


def _documented(code: TeamCode, base: str, root: Path) -> Documented | None:
    if not code.files:
        return None
    names = list(public_names(code.files))
    bare = tuple(place for place, has in names if not has)
    if not base:
        return Documented(names=len(names), bare=bare)
    try:
        top, changed = changes.changed_since(base, root)
        changes.check_inside(code.files, top)
    except UsageError as error:
        unknown = f"what changed since {base} is not known: {error}"
        return Documented(names=len(names), bare=bare, base=base, unknown=unknown)
    ours = {one for one in changed if code.has(top / one)}
    return Documented(
        names=len(names),
        bare=bare,
        base=base,
        code=tuple(str(one) for one in changed if one in ours),
        docs=tuple(
            str(one) for one in changed if one not in ours and changes.is_documentation(one)
        ),
    )
