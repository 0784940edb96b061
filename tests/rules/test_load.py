"""The load rules: workers at their daily pace."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import SECOND, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Status
from pytest_queuekit.rules.load import RATES, WORKERS, load_rules
from pytest_queuekit.rules.rule import by_id, judge
from tests.queues.memory import MemoryQueue

QUICK = Effort.at(Level.QUICK)


def test_the_loads_are_those_of_the_criterion() -> None:
    """The loads are four to six workers at 200 to 400 tasks a minute, and at ten times that."""
    assert 4 <= WORKERS <= 6
    normal, tenfold = RATES.values()
    assert 200 <= normal <= 400
    assert tenfold == 10 * normal


def test_a_queue_that_holds_the_lock_is_reported_as_busy(tmp_path: Path) -> None:
    """The violation shows the call that got busy."""
    queue = resolve("tests.queues.held:Held")
    verdict = judge(by_id(load_rules(queue.contract))["LOAD-2"], queue, tmp_path, QUICK)
    assert verdict.status is Status.FAIL
    assert verdict.violations[0].kind == "busy"
    assert "answered busy" in verdict.violations[0].detail


def test_the_producer_keeps_the_pace(tmp_path: Path) -> None:
    """Tasks are enqueued when they are due, and each is delivered once."""
    queue = QueueUnderTest.of(MemoryQueue)
    rule = by_id(load_rules(queue.contract))["LOAD-1"]
    verdict = judge(rule, queue, tmp_path, QUICK)
    assert isinstance(verdict.detail, RuleRun)
    history = verdict.detail.history
    assert (verdict.status, rule.driver_names) == (Status.PASS, [Threads.name])
    assert history is not None
    enqueued = list(history.by(Verb.ENQUEUE))
    assert len(enqueued) == round(3 * RATES["LOAD-1"] / 60)
    assert enqueued[-1].start - enqueued[0].start > 2.7 * SECOND
    delivered = [claim.task or "" for claim in history.by(Verb.CLAIM) if claim.is_delivery]
    assert sorted(delivered) == sorted(enqueue.task or "" for enqueue in enqueued)
