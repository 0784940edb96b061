"""The targets of performance as pytest items."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Requirement, Verdict
from pytest_queuekit.performance.judgement import Conditions, judge_target
from pytest_queuekit.performance.targets import Target
from pytest_queuekit.performance.workbench import Workbench
from pytest_queuekit.plugin.benchmark import check_measurable, stopwatch_for
from pytest_queuekit.plugin.nodes import QueueItem


class Workbenches:
    """A filled queue for each queue under test, shared by the targets that are measured on it."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._made: dict[str, Workbench] = {}

    def of(self, label: str, queue: QueueUnderTest, effort: Effort) -> Workbench:
        """Return the filled queue; fill it when first asked for."""
        if label not in self._made:
            folder = self._open.enter_context(
                TemporaryDirectory(prefix="queuekit-", ignore_cleanup_errors=True)
            )
            bench = Workbench(queue, Path(folder), effort.level)
            self._open.callback(bench.close)
            self._made[label] = bench
        return self._made[label]

    def close(self) -> None:
        """Close and delete all of them."""
        self._made.clear()
        self._open.close()


class TargetItem(QueueItem):
    """A target of performance that a queue is measured against."""

    def __init__(
        self,
        *,
        target: Target,
        queue: QueueUnderTest,
        effort: Effort,
        strict: bool,
        benches: Workbenches,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.target = target
        self.requirement = Requirement.MUST if strict else Requirement.SHOULD
        self.queue, self.effort, self.benches = queue, effort, benches
        self.add_marker(pytest.mark.queue_perf)
        if self._measurable():
            # So that --benchmark-only knows it; elsewhere pytest-benchmark would warn about it.
            self.fixturenames = ("benchmark",)

    def find(self, folder: Path) -> Verdict:
        """Measure and judge."""
        conditions = Conditions(
            queue=self.queue,
            effort=self.effort,
            workbench=partial(self.benches.of, self.label, self.queue, self.effort),
            stopwatch=partial(stopwatch_for, self),
            folder=folder,
        )
        return judge_target(self.target, conditions, self.requirement)

    def _measurable(self) -> bool:
        try:
            check_measurable(self.config)
        except NotRunError:
            return False
        return True
