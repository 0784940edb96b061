"""Rules about one promise notice losses and doubles that their scripts run into."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from tests.queues.memory import MemoryQueue


class ForgetsTheThird(MemoryQueue):
    """Says yes to the third completion, and keeps the lease."""

    name = "forgets-the-third"
    completions = 0

    def complete(self, claim: Claim) -> None:
        self.completions += 1
        if self.completions != 3:
            super().complete(claim)


@pytest.mark.parametrize("rule", ["ENQUEUE-1", "ENQUEUE-2", "ORDER-1", "KEY-5"])
def test_a_completion_without_effect_fails_any_rule(rule: str, tmp_path: Path) -> None:
    """A fault that shows once in a run is seen wherever it falls."""
    queue = type("_", (ForgetsTheThird,), {})
    effort = Effort.at(Level.QUICK)
    verdict = judge(by_id(CATALOGUE)[rule], QueueUnderTest.of(queue), tmp_path, effort)
    assert verdict.status is Status.FAIL
    assert "Completed task delivered again" in {each.title for each in verdict.violations}
