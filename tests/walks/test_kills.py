"""Walks with kills: the process of an actor dies between two steps of a call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.forked import ForkServer
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import AFTER, History, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Status, Verdict, Violation
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from pytest_queuekit.walks import (
    Cancel,
    Claim,
    Complete,
    Crash,
    Enqueue,
    EnqueueMany,
    Kill,
    Reopen,
    Step,
    Wait,
    replay,
)
from pytest_queuekit.walks.driver import Kills
from pytest_queuekit.walks.pasted import source_of
from pytest_queuekit.walks.play import Stage, play_walk
from tests.mutants.walk_kills import BatchInSeveralCommits
from tests.mutants.walk_meetings import InSteps
from tests.queues.small_sqlite import SmallSqliteQueue
from tests.queues.watched import WatchesProcesses

QUICK = Effort.at(Level.QUICK)
STANDARD = Effort.at(Level.STANDARD)
RULE = by_id(CATALOGUE)["WALK-3"]
CANCEL = "tests.mutants.walk_kills:CancelFreesTheKeyFirst"
CANCELLED = (Enqueue(key="k"), Kill(call=Cancel(), gap=1))


def _verdict(queue: type[QueueAdapter], folder: Path, effort: Effort) -> Verdict:
    return judge(RULE, QueueUnderTest.of(queue), folder, effort)


def _history(
    folder: Path, *steps: Step, queue: type[QueueAdapter] = SmallSqliteQueue, apart: str = "abc"
) -> History:
    subject = QueueUnderTest.of(queue)
    home = folder / "walk"
    home.mkdir()
    with ForkServer(subject, folder) as server:
        stage = Stage(queue=subject, effort=QUICK, virtual=True, server=server, apart=apart)
        run, _ = play_walk(lambda _: iter(steps), stage, home)
    return run.history


def test_a_killed_call_has_no_end_and_its_actor_has_a_successor(tmp_path: Path) -> None:
    """It dies inside its transaction, so that the queue still has the task."""
    history = _history(tmp_path, Enqueue(), Kill(call=Claim(), gap=2), Claim())
    cut_off, kill, again = list(history.by(Verb.CLAIM, Verb.KILL))[:3]
    assert (cut_off.actor, cut_off.end, cut_off.outcome) == ("a", None, Outcome.UNKNOWN)
    assert (kill.actor, kill.verb) == ("a", Verb.KILL)
    assert kill.arguments == {AFTER: "2 steps"}
    assert (again.actor, again.task) == ("a'", "task-1")


def test_a_call_with_fewer_steps_ends_before_its_actor_dies(tmp_path: Path) -> None:
    """The dead actor holds the task until its lease ends."""
    history = _history(tmp_path, Enqueue(), Kill(call=Claim(), gap=99), Claim(by="b"))
    claims = [(call.actor, call.task) for call in history.by(Verb.CLAIM)]
    assert claims[:3] == [("a", "task-1"), ("b", None), ("collector", "task-1")]
    assert [(kill.actor, kill.arguments) for kill in history.by(Verb.KILL)] == [("a", {})]


def test_processes_follow_the_clock_of_the_run(tmp_path: Path) -> None:
    """A delay ends, and a task that another process holds comes back."""
    waits = (Enqueue(delay=20.0), Wait(seconds=21), Claim(), Crash(), Wait(seconds=61))
    history = _history(tmp_path, *waits, Claim(by="b"))
    claims = [(call.actor, call.task) for call in history.by(Verb.CLAIM)]
    assert claims[:2] == [("a", "task-1"), ("b", "task-1")]


def test_an_actor_may_close_and_reopen(tmp_path: Path) -> None:
    """Its successor has a new process."""
    history = _history(tmp_path, Enqueue(), Reopen(), Claim(), Complete())
    assert [call.actor for call in history.by(Verb.COMPLETE)][:1] == ["a'"]


def test_only_an_actor_with_a_process_can_be_killed(tmp_path: Path) -> None:
    """The error names it."""
    with pytest.raises(UsageError, match="actor 'b' has no process"):
        _history(tmp_path, Kill(call=Enqueue(by="b")), apart="a")
    with pytest.raises(UsageError, match="needs actors in processes"):
        replay(CANCEL, tmp_path / "in-turn", *CANCELLED)


def test_a_kill_without_its_call_does_nothing(tmp_path: Path) -> None:
    """So a shrunk walk is a walk."""
    assert list(_history(tmp_path, Kill(call=Complete())).by(Verb.KILL)) == []


def test_the_dead_are_noticed_by_their_processes(tmp_path: Path) -> None:
    """At the end of a walk all workers die, so that their tasks come back."""
    history = _history(tmp_path, Enqueue(), Claim(), queue=WatchesProcesses)
    assert [call.actor for call in history.by(Verb.KILL)] == ["a"]
    assert history.drained
    assert [call.actor for call in history if call.is_delivery][:2] == ["a", "collector"]


def test_a_kill_prints_as_the_source_that_makes_it() -> None:
    """The test that a report prints asks for processes."""
    step = Kill(call=Complete(back=1), gap=3)
    assert repr(step) == "Kill(call=Complete(back=1), gap=3)"
    assert eval(repr(step)) == step  # noqa: S307 - the text is our own
    source = source_of((step,), CANCEL, processes=True)
    assert "import Complete, Kill, replay" in source
    assert "        Kill(call=Complete(back=1), gap=3),\n        processes=True,\n    )" in source


def test_a_kill_has_plainer_ones() -> None:
    """Shrinking tries the call alone, the death alone, and a plainer call."""
    step = Kill(call=Claim(by="b", lease=5.0), gap=3)
    plainer = list(step.plainer())
    assert plainer[:2] == [step.call, Crash(by="b")]
    assert replace(step, call=Claim(by="b")) in plainer


def test_half_a_cancel_is_found_by_its_kill(tmp_path: Path) -> None:
    """In turn the queue is right; after the kill a second task gets in beside the first."""
    (tmp_path / "whole").mkdir()
    whole = (CANCELLED[0], Cancel(), Crash(), Enqueue(key="k"))
    replay(CANCEL, tmp_path / "whole", *whole, processes=True)
    with pytest.raises(AssertionError, match="Wrong counts") as raised:
        replay(CANCEL, tmp_path, *CANCELLED, Enqueue(key="k"), processes=True)
    proof = str(raised.value)
    assert "a          kill → during cancel, after 1 step\n" in proof
    assert "a'         open → ok\n" in proof
    assert "a'         enqueue(key=k) task-2 → ok\n" in proof


def test_half_a_batch_is_found_by_its_kill(tmp_path: Path) -> None:
    """A batch is added as a whole, or not at all."""
    queue = "tests.mutants.walk_kills:BatchInSeveralCommits"
    with pytest.raises(AssertionError, match="Wrong counts") as raised:
        replay(queue, tmp_path, Kill(call=EnqueueMany(), gap=2), processes=True)
    proof = str(raised.value)
    assert "enqueue_many task-1, task-2 → unknown\n" in proof
    assert "kill → during enqueue_many, after 2 steps\n" in proof


@pytest.mark.slow
def test_the_search_finds_the_kill_and_shrinks_it(tmp_path: Path) -> None:
    """The printed test needs the kill alone."""
    verdict = _verdict(BatchInSeveralCommits, tmp_path, STANDARD)
    assert verdict.status is Status.FAIL
    assert isinstance(verdict.detail, RuleRun)
    run = verdict.detail
    steps = [line.strip() for line in run.test.splitlines() if line.endswith("),")]
    assert [step.partition("(")[0] for step in steps] == ["Kill"]
    assert (run.driver, run.token) == ("processes", "seed 0")


def test_a_correct_queue_passes(tmp_path: Path) -> None:
    """Its calls are atomic."""
    verdict = _verdict(SmallSqliteQueue, tmp_path, QUICK)
    assert (verdict.status, verdict.violations) == (Status.PASS, ())


def test_walks_with_kills_have_values_that_a_queue_may_confuse(tmp_path: Path) -> None:
    """Some payloads are bare values, and some priorities have a fraction."""
    sent, priorities = set(), set()

    def look(history: History, _contract: Contract) -> list[Violation]:
        for call in history.by(Verb.ENQUEUE):
            sent.add("task-" in call.arguments["payload"])
            priorities.add(float(call.arguments.get("priority", 0)).is_integer())
        return []

    queue = QueueUnderTest.of(InSteps)
    list(Kills(judge=look).runs(Scenario(passes_time=True), queue, tmp_path, STANDARD))
    assert sent == priorities == {True, False}
