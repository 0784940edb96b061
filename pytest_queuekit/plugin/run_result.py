"""Builds the result of a run when it ends."""

from __future__ import annotations

import platform
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.run_result import RunResult, SuiteResult
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.settings import Settings
from pytest_queuekit.queue.config import sqlite_warning
from pytest_queuekit.report.causes import linked
from pytest_queuekit.rules.catalogue import CATALOGUE, edition
from pytest_queuekit.rules.explanations import explanations
from pytest_queuekit.suites.check import Check, Suite


def run_result(
    settings: Settings,
    suites: Sequence[Suite],
    results: Results,
    *,
    checks: Iterable[Check],
    seconds: float,
    hints: list[str],
) -> RunResult:
    """Return the result of a run. `checks` has all checks of the suites, also deselected ones."""
    answered = sorted(
        _suite_results(suites, checks, results),
        key=lambda result: _place(result.subject.label, settings),
    )
    warning = sqlite_warning()
    hints = [*hints, *settings.notes, *_slow_disk(answered)]
    if settings.default and settings.plan.rules:
        hints.append(
            "This run tested the reference queue that comes with pytest-queuekit. To test yours, "
            "add --queue-impl module:Class, see queuekit adapters."
        )
    return RunResult(
        environment=environment(settings),
        warnings=(warning,) if warning else (),
        suites=tuple(answered),
        unmet=tuple(_unmet(settings, answered)),
        hints=tuple(hints),
        teams=settings.plan.team_titles,
        seconds=seconds,
        explanations=explanations(_broken(answered)) if settings.reports else {},
    )


def _broken(suites: Sequence[SuiteResult]) -> set[str]:
    failed = (suite.having(Status.FAIL, Status.WAIVED) for suite in suites)
    return {verdict.rule for verdicts in failed for verdict in verdicts}


SLOW_DISK = 3.0
"""Milliseconds of a commit with fsync, above which the disk takes much of a run's time."""


def _slow_disk(suites: Sequence[SuiteResult]) -> Iterator[str]:
    measured = [verdict.measurement for suite in suites for verdict in suite.verdicts]
    slowest = max((floor.fsync or 0.0 for floor in measured if floor), default=0.0)
    if slowest > SLOW_DISK:
        yield (
            f"This disk takes {slowest:.1f} ms for a commit with fsync, which is much of a run's "
            "time. --basetemp on a faster disk, such as /dev/shm, shortens the run."
        )


def environment(settings: Settings) -> dict[str, str]:
    """Return the level and the versions, by name."""
    return {
        "level": settings.plan.effort.level.name.lower(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "pytest": version("pytest"),
        "queuekit": version("pytest-queuekit"),
        "catalogue": edition(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _suite_results(
    suites: Sequence[Suite], checks: Iterable[Check], results: Results
) -> Iterator[SuiteResult]:
    # The lanes of a race count as their rule.
    known = {(check.suite, check.subject, check.rule) for check in checks}
    totals = Counter((suite, subject) for suite, subject, _ in known)
    for suite in suites:
        for subject in suite.subjects():
            yield SuiteResult(
                suite=suite.name,
                noun=suite.noun,
                subject=subject,
                verdicts=linked(results.of(suite.name, subject.label)),
                total=totals[suite.name, subject.label],
            )


def _place(label: str, settings: Settings) -> int:
    """Return where a subject stands: queues in their order, then the others."""
    labels = list(settings.plan.queues)
    return labels.index(label) if label in labels else len(labels)


def _unmet(settings: Settings, suites: Sequence[SuiteResult]) -> Iterator[str]:
    """Yield what `--queue-require` names and a queue was not tried with."""
    needs = {rule.id: rule.needs for rule in CATALOGUE}
    needs |= {target.id: target.needs for target in TARGETS}
    for label in settings.plan.queues:
        verdicts = {
            verdict.rule: verdict
            for suite in suites
            if suite.subject.label == label
            for verdict in suite.verdicts
        }
        for word in settings.required:
            reason = _missing(word, verdicts, needs)
            if reason:
                yield f"{label}: --queue-require {word} was not exercised: {reason}"


def _missing(
    word: str, verdicts: dict[str, Verdict], needs: dict[str, tuple[Capability, ...]]
) -> str:
    """Return why a rule or capability was not exercised; empty if it was."""
    if word in needs:
        verdict = verdicts.get(word)
        if verdict is not None and verdict.exercised:
            return ""
        return "it was not selected" if verdict is None else f"{verdict.status}: {verdict.reason}"
    rules = [verdict for rule, verdict in verdicts.items() if word in needs.get(rule, ())]
    if any(verdict.exercised for verdict in rules):
        return ""
    lacking = any(verdict.reason and word in verdict.reason.capabilities for verdict in rules)
    return "the adapter does not declare it" if lacking else "no rule that needs it was run"
