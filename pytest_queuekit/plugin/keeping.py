"""Keeps the failures of a run in the project, with their histories, for `queuekit show`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_queuekit.model.run_result import RunResult, SuiteResult
from pytest_queuekit.model.verdict import RuleRun, Verdict
from pytest_queuekit.plugin.run_result import environment
from pytest_queuekit.plugin.settings import Settings
from pytest_queuekit.suites.check import Suite


class Keeper:
    """Writes failures below the root folder of a project.

    problem: why a failure could not be written; empty if all could.
    """

    def __init__(self, root: Path, settings: Settings, suites: Sequence[Suite]) -> None:
        self._root, self._settings, self._suites = root, settings, suites
        self.problem = ""

    def keep(self, verdict: Verdict) -> Verdict:
        """Keep a failure with a history; return it with its id. Any other verdict stays as it is.

        Whatever goes wrong is a problem of the keeper, and changes no verdict.
        """
        run, most = verdict.detail, self._settings.keep
        if not (most and (verdict.failed or verdict.advised) and isinstance(run, RuleRun)):
            return verdict
        if run.history is None:
            return verdict  # the lane that judged a race has it, and keeps it
        # Imported here: most runs have no failure.
        from pytest_queuekit.report import kept

        folder = self._root / kept.FOLDER
        try:
            run = kept.named(verdict, run)
            named = replace(verdict, detail=run)
            kept.keep(self._alone(named), run, folder, most=most)
        except Exception as error:  # noqa: BLE001 - see above
            self.problem = f"Failures could not be kept in {folder}: {error}"
            return verdict
        return named

    def _alone(self, verdict: Verdict) -> RunResult:
        """Return the result of a run that has nothing but this verdict."""
        (suite,) = (suite for suite in self._suites if suite.name == verdict.suite)
        (subject,) = (subject for subject in suite.subjects() if subject.label == verdict.queue)
        result = SuiteResult(
            suite=suite.name, noun=suite.noun, subject=subject, verdicts=(verdict,), total=1
        )
        return RunResult(
            environment=environment(self._settings), suites=(result,), seconds=verdict.seconds
        )
