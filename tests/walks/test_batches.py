"""Walks enqueue batches with awkward bodies, bare values and keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import KeyConflict
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import History, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Status
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from pytest_queuekit.walks import Enqueue, EnqueueMany, Step, replay
from pytest_queuekit.walks.bare import VALUES, bare_payloads, bare_payloads_of_batches
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.pen import Pen
from pytest_queuekit.walks.play import Stage, play_walk
from tests.mutants.enqueue import BatchDropsEmptyTexts
from tests.mutants.value import BatchEmptiesBareValues
from tests.mutants.walk_vocabulary import BatchKeysOverlookTheHeld
from tests.queues.memory import MemoryQueue, RefusedError

WALK = by_id(CATALOGUE)["WALK-1"]
THOROUGH = Effort.at(Level.DEEP)
"""Leaves time to shrink a walk where lines are counted for the coverage; it ends with the fault."""


class NoBareBatches(MemoryQueue):
    """Takes bare values alone, and refuses them in batches."""

    name = "no-bare-batches"

    def enqueue_many(self, payloads: Any, **options: Any) -> list[int]:
        if not all(isinstance(payload, dict) and payload for payload in payloads):
            raise RefusedError("a batch has tasks with fields only")
        return super().enqueue_many(payloads, **options)


def _history(folder: Path, *steps: Step, queue: type[QueueAdapter] = MemoryQueue) -> History:
    stage = Stage(queue=QueueUnderTest.of(queue), effort=Effort(), virtual=True)
    return play_walk(lambda _: iter(steps), stage, folder)[0].history


@pytest.mark.parametrize("queue", [BatchDropsEmptyTexts, BatchEmptiesBareValues])
def test_a_payload_that_only_a_batch_damages_is_found(
    queue: type[QueueAdapter], tmp_path: Path
) -> None:
    """The shortest walk is a batch of one task, and the printed test repeats it."""
    verdict = judge(WALK, QueueUnderTest.of(queue), tmp_path, replace(THOROUGH, seed=1))
    assert verdict.status is Status.FAIL
    assert isinstance(verdict.detail, RuleRun)
    steps = [line.strip() for line in verdict.detail.test.splitlines() if line.endswith("),")]
    assert len(steps) == 1
    step = eval(steps[0].removesuffix(","))  # noqa: S307 - the text is our own
    assert len(step.bodies) == 1
    with pytest.raises(AssertionError, match=r"Payload changed|Unknown payload delivered"):
        replay(f"{queue.__module__}:{queue.__name__}", tmp_path, step)


def test_each_task_of_a_batch_has_its_body(tmp_path: Path) -> None:
    """A body is bare once: a second task with the same value would not be told from the first."""
    first = EnqueueMany(bodies=("", 0, ""), bare=True)
    second = EnqueueMany(bodies=(0.1, [None]), keys=("k", None))
    history = _history(tmp_path, first, second)
    sent = [call.arguments["payload"] for call in history.by(Verb.ENQUEUE)[:5]]
    assert sent[:2] == ["''", "0"]
    assert all("task-" in payload for payload in sent[2:])
    assert ["''" in sent[2], "0.1" in sent[3], "[None]" in sent[4]] == [True, True, True]


def test_bodies_of_another_number_than_keys_are_an_error(tmp_path: Path) -> None:
    """A walk that a person writes says what it means."""
    with pytest.raises(ValueError, match="zip"):
        _history(tmp_path, EnqueueMany(bodies=(0,), keys=("k", None)))


def test_without_bodies_nothing_is_bare(tmp_path: Path) -> None:
    """A walk that shrinks loses its bodies and then has plain tasks."""
    history = _history(tmp_path, EnqueueMany(bare=True))
    assert all("task-" in call.arguments["payload"] for call in history.by(Verb.ENQUEUE))


def test_a_queue_may_refuse_bare_values_in_batches(tmp_path: Path) -> None:
    """Walks then have them in single enqueues alone."""
    queue = QueueUnderTest.of(NoBareBatches)
    assert list(bare_payloads(queue, tmp_path / "alone")) == list(VALUES[queue.contract.payload])
    assert bare_payloads_of_batches(queue, tmp_path / "in-batches") == ()


def test_a_value_that_a_batch_changes_stays_in_walks(tmp_path: Path) -> None:
    """A trial asks only for the values that a batch accepts."""
    queue = QueueUnderTest.of(BatchEmptiesBareValues)
    carried = bare_payloads_of_batches(queue, tmp_path)
    assert list(carried) == list(VALUES[queue.contract.payload])


def test_a_batch_shrinks_to_single_tasks() -> None:
    """Each of its fields goes, and each of its tasks with its key and its body."""
    step = EnqueueMany(keys=("k", None), bodies=("", 0))
    assert set(map(repr, step.plainer())) == {
        "EnqueueMany(bodies=('', 0))",
        "EnqueueMany(keys=('k', None))",
        "EnqueueMany(keys=(None,), bodies=(0,))",
        "EnqueueMany(keys=('k',), bodies=('',))",
    }
    assert eval(repr(step)) == step  # noqa: S307 - the text is our own


class _OverlooksTheHeld(BatchKeysOverlookTheHeld):
    """Does so, and does not declare what becomes of a task that waits."""

    name = "overlooks-the-held"
    key_conflict = None


def test_batches_have_keys_where_no_conflict_is_declared(tmp_path: Path) -> None:
    """A task of a batch then comes while a worker holds the task of its key."""
    verdict = judge(WALK, QueueUnderTest.of(_OverlooksTheHeld), tmp_path, THOROUGH)
    assert verdict.status is Status.FAIL
    assert isinstance(verdict.detail, RuleRun)
    assert "EnqueueMany(keys=('" in verdict.detail.test


@pytest.mark.parametrize("conflict", [None, KeyConflict.REPLACE])
def test_tasks_that_may_replace_each_other_have_the_same_options(
    conflict: KeyConflict | None,
) -> None:
    """A queue may keep those of the task that is replaced; the tasks of a batch have none."""
    queue = type("_", (MemoryQueue,), {"key_conflict": conflict})
    palette = Palette(contract=Contract.of(queue), time_passes=True)
    options = {"k": {"key": "k", "group": "k"}, "l": {"key": "l"}}
    in_batches = 0
    for seed in range(200):
        pen = Pen(Random(seed), palette)  # noqa: S311 - no secret
        pen.remember((Enqueue(key="k", group="k"), EnqueueMany(keys=("l", None))))
        steps = [draw for _ in range(20) for draw in (pen.enqueue(), pen.batch())]
        keyed = [step for step in steps if isinstance(step, Enqueue) and step.key]
        assert all(step.options == options[str(step.key)] for step in keyed)
        batches = [step for step in steps if isinstance(step, EnqueueMany)]
        assert {key for step in batches for key in step.keys or ()} <= {"l", None}
        in_batches += sum("l" in (step.keys or ()) for step in batches)
    assert in_batches
