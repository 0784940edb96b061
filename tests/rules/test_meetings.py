"""Rules in which two calls meet judge a pair of calls whole, or not at all."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.rules import pairs
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from tests.queues.variants import NewTokenForEachExtension


@pytest.mark.parametrize("moments", range(1, 10))
def test_time_that_runs_out_within_a_pair_is_no_failure(
    moments: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any gap is judged, the calls were made one after the other in both orders."""
    questions = count(1)
    over = SimpleNamespace(is_over=lambda: next(questions) > moments)
    monkeypatch.setattr(pairs, "Meter", lambda *_: over)
    queue = QueueUnderTest.of(NewTokenForEachExtension)
    verdict = judge(by_id(CATALOGUE)["RACE-20"], queue, tmp_path, Effort.at(Level.STANDARD))
    assert verdict.status is Status.PASS
