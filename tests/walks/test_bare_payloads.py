"""Walks enqueue bare values, which have no room for the kit's label."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.walks import Claim, DeadLetters, Enqueue, Fail, Release, Step
from pytest_queuekit.walks.bare import VALUES, bare_payloads
from pytest_queuekit.walks.judging import judge_walk
from pytest_queuekit.walks.play import Stage, play_walk
from tests.mutants.value import AsksThePayloadForTruth
from tests.mutants.walk_vocabulary import ReleaseEmptiesPayloads
from tests.queues.domains import Bytes, Objects, Texts
from tests.queues.memory import MemoryQueue


def _carried(queue: type[QueueAdapter], folder: Path) -> list[object]:
    return list(bare_payloads(QueueUnderTest.of(queue), folder / queue.name))


def _history(folder: Path, *steps: Step, queue: type[QueueAdapter] = MemoryQueue) -> History:
    stage = Stage(queue=QueueUnderTest.of(queue), effort=Effort(), virtual=True)
    return play_walk(lambda _: iter(steps), stage, folder)[0].history


def test_a_correct_queue_carries_all_values_of_its_domain(tmp_path: Path) -> None:
    """So its walks have all of them."""
    for queue in (MemoryQueue, Texts, Bytes, Objects):
        assert _carried(queue, tmp_path) == list(VALUES[queue.payload])


def test_a_value_that_fails_alone_is_left_to_its_rule(tmp_path: Path) -> None:
    """Walks then find only what fails together."""
    carried = _carried(AsksThePayloadForTruth, tmp_path)
    assert carried
    assert all(carried)


def test_the_trial_is_made_once(tmp_path: Path) -> None:
    """A second folder would be refused: it exists already."""
    queue = QueueUnderTest.of(MemoryQueue)
    (tmp_path / "second").mkdir()
    first = bare_payloads(queue, tmp_path / "first")
    assert bare_payloads(queue, tmp_path / "second") == first


def test_any_actor_recognises_a_bare_payload_each_time(tmp_path: Path) -> None:
    """The actors of a run share what they know, and dead letters have labels too."""
    steps = (Enqueue(by="a", body=0, bare=True, max_attempts=1), Claim(by="b"), Release())
    history = _history(tmp_path, *steps, Claim(by="c"), Fail(), DeadLetters(by="d"))
    claims = [call for call in history.by(Verb.CLAIM) if call.actor in ("b", "c")]
    assert [call.task for call in claims] == ["task-1", "task-1"]
    assert history.by(Verb.DEAD_LETTERS)[0].result == ["task-1"]


def test_a_value_is_bare_once(tmp_path: Path) -> None:
    """A second task with the same value would not be told from the first."""
    history = _history(tmp_path, *[Enqueue(body=0, bare=True), Enqueue(body=0.0, bare=True)] * 2)
    sent = [call.arguments["payload"] for call in history.by(Verb.ENQUEUE)[:4]]
    assert sent[:2] == ["0", "0.0"]
    assert all("task-" in payload for payload in sent[2:])


def test_a_payload_that_changes_later_is_wrong(tmp_path: Path) -> None:
    """A release makes null of an empty list, and leaves a list with a member."""
    kept = (Enqueue(body=[None], bare=True), Claim(), Release())
    lost = (Enqueue(body=[], bare=True), Claim(), Release())
    kinds = []
    for number, steps in enumerate((kept, lost)):
        (tmp_path / str(number)).mkdir()
        history = _history(tmp_path / str(number), *steps, queue=ReleaseEmptiesPayloads)
        contract = QueueUnderTest.of(ReleaseEmptiesPayloads).contract
        kinds.append({wrong.kind for wrong in judge_walk(history, contract)})
    assert kinds == [set(), {"changed"}]


def test_a_bare_payload_shrinks_to_no_other_one() -> None:
    """A queue of texts is right to refuse None, so that a walk with it proves nothing."""
    step = Enqueue(body="0", bare=True, priority=1)
    assert set(map(repr, step.plainer())) == {
        "Enqueue(body='0', bare=True)",
        "Enqueue(priority=1, body='0')",
    }
