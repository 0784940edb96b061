"""Correct queues of different build keep every rule that applies to them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Level
from pytest_queuekit.model.verdict import Requirement, Status, Verdict
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import Rule
from tests.mutants.hunt import ONCE, QUICK, WALK, Actors, actors_of, verdicts
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import LeasesByTask, SlowToStart, SmallSqliteQueue
from tests.queues.variants import VARIANTS
from tests.queues.watched import WATCHED

pytestmark = pytest.mark.slow

# The README's first command runs the reference queue.
_CORRECT = (MemoryQueue, SmallSqliteQueue)
_SEVERAL_PROCESSES = (SmallSqliteQueue, LeasesByTask, *WATCHED)


def _rules(*actors: Actors) -> list[Rule]:
    return [rule for rule in CATALOGUE if actors_of(rule) in actors]


def _alarms(queue: type[QueueAdapter], rules: list[Rule], folder: Path) -> list[str]:
    walks = [rule for rule in rules if rule.family == WALK]
    judged = (  # a longer walk takes more time than all other rules together
        *verdicts(queue, walks, folder, QUICK),
        *verdicts(queue, [rule for rule in rules if rule not in walks], folder, ONCE),
    )
    return [
        f"{verdict.rule} {verdict.status}: {verdict.reason or verdict.violations[0].detail}"
        for verdict in judged
        if verdict.status not in (Status.PASS, Status.NOT_APPLICABLE) and not _is_waived(verdict)
    ]


def _is_waived(verdict: Verdict) -> bool:
    """Return True for what a correct queue may do, and for a cost that grows, and should not.

    The simple queues look at each leased and each delayed task, which no queue must avoid.
    """
    costs = verdict.family == "GROWTH" and verdict.requirement is not Requirement.MUST
    return costs or verdict.requirement is Requirement.MAY


@pytest.mark.parametrize("queue", _CORRECT, ids=lambda queue: queue.name)
def test_correct_queue_keeps_every_rule(queue: type[QueueAdapter], folder: Path) -> None:
    """Called in sequence and by threads, a correct queue breaks nothing and leaves nothing open."""
    assert _alarms(queue, _rules(Actors.SEQUENCE, Actors.THREADS), folder) == []


@pytest.mark.parametrize("queue", VARIANTS, ids=lambda queue: queue.name)
def test_variant_keeps_every_rule(queue: type[QueueAdapter], folder: Path) -> None:
    """The same for variants of one queue; each is run with another part of the long rules."""
    rules = _rules(Actors.SEQUENCE, Actors.THREADS)
    long = [rule for rule in rules if rule.level is not Level.QUICK]
    part = Random(queue.name).sample(long, len(long) // 6)  # noqa: S311 - no secret
    assert (
        _alarms(queue, [rule for rule in rules if rule not in long or rule in part], folder) == []
    )


@pytest.mark.parametrize("queue", _SEVERAL_PROCESSES, ids=lambda queue: queue.name)
def test_correct_queue_keeps_every_rule_in_processes(
    queue: type[QueueAdapter], folder: Path
) -> None:
    """Called by several processes, a correct queue breaks nothing and leaves nothing open."""
    assert _alarms(queue, _rules(Actors.PROCESSES), folder) == []


def test_a_disk_that_stalls_is_not_a_lost_task(folder: Path) -> None:
    """A worker that is to be killed at work is killed at work, even if it takes long to begin."""
    killed = [rule for rule in CATALOGUE if rule.id in ("DURABLE-8", "DURABLE-10")]
    assert _alarms(SlowToStart, killed, folder) == []


@pytest.mark.parametrize("repetition", range(2))
def test_chance_raises_no_alarm(repetition: int, folder: Path) -> None:
    """Rules whose outcome depends on chance give the same verdict each time."""
    quick = [rule for rule in CATALOGUE if rule.concurrent and rule.level is Level.QUICK]
    assert _alarms(SmallSqliteQueue, quick, folder) == []
