"""Walks whose calls meet: one call stops between two of its steps while other actors act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.steps import Steps
from pytest_queuekit.model.adapter import Claim as Taken
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import History, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Status, Verdict
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from pytest_queuekit.walks import (
    Claim,
    Complete,
    Crash,
    Enqueue,
    Fail,
    Meet,
    Purge,
    Reopen,
    Step,
    Wait,
    replay,
)
from pytest_queuekit.walks.judging import judge_meetings
from pytest_queuekit.walks.notes import Counted
from pytest_queuekit.walks.pasted import source_of
from pytest_queuekit.walks.play import Stage, play_walk
from pytest_queuekit.walks.sites import Sites
from tests.monitors.notation import contract
from tests.monitors.notation import history as history_of
from tests.mutants.walk_meetings import BatchTakesARetryUnseen
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue

QUICK = Effort.at(Level.QUICK)
STANDARD = Effort.at(Level.STANDARD)
RULE = by_id(CATALOGUE)["WALK-2"]
BATCH = "tests.mutants.walk_meetings:BatchTakesARetryUnseen"
RETRIES = "tests.mutants.walk_meetings:RetriesReadiedByALook"
RETRIED = (Enqueue(), Claim(), Fail(), Wait(seconds=2))


class ClaimsInTwoSteps(SmallSqliteQueue):
    """Looks for a task in one step, and claims in the next: right, for the look decides nothing."""

    name = "claims-after-a-look"

    def claim(self, worker: str, **options: Any) -> Taken | None:
        self._run("SELECT 1")
        return super().claim(worker, **options)


def _verdict(queue: type[QueueAdapter], folder: Path, effort: Effort = STANDARD) -> Verdict:
    return judge(RULE, QueueUnderTest.of(queue), folder, effort)


def _history(folder: Path, *steps: Step, queue: type[QueueAdapter] = ClaimsInTwoSteps) -> History:
    stage = Stage(queue=QueueUnderTest.of(queue), effort=QUICK, virtual=True, meets=True)
    run, _ = play_walk(lambda _: iter(steps), stage, folder)
    return run.history


def _claims(history: History, *actors: str) -> list[tuple[str, str | None]]:
    return [(call.actor, call.task) for call in history.by(Verb.CLAIM) if call.actor in actors]


def test_a_call_stops_while_another_actor_acts(tmp_path: Path) -> None:
    """The second claim comes between the look and the claim of the first, and gets the task."""
    meeting = Meet(call=Claim(), meanwhile=(Claim(by="b"),), gap=1)
    history = _history(tmp_path, Enqueue(), meeting)
    outer, inner = history.by(Verb.CLAIM)[:2]
    assert (outer.actor, inner.actor) == ("a", "b")
    assert outer.start < inner.start
    assert inner.ended_before(replace(outer, start=outer.end or 0))
    assert (outer.task, inner.task) == (None, "task-1")


def test_a_call_before_its_first_step_has_done_nothing(tmp_path: Path) -> None:
    """Others act as if it came after them, and time may pass in the gap."""
    steps = (Enqueue(delay=20.0), Meet(call=Claim(), meanwhile=(Wait(seconds=21),)))
    assert _claims(_history(tmp_path, *steps), "a") == [("a", "task-1")]


def test_a_call_goes_on_if_others_must_wait_for_it(tmp_path: Path) -> None:
    """It stops inside its transaction, and the other claim waits for the lock."""
    meeting = Meet(call=Claim(), meanwhile=(Claim(by="b"), Claim(by="c")), gap=3)
    history = _history(tmp_path, Enqueue(), meeting)
    assert sorted(_claims(history, "a", "b", "c"), key=repr) == [
        ("a", "task-1"),
        ("b", None),
        ("c", None),
    ]


def test_a_call_without_steps_stops_before_a_line(tmp_path: Path) -> None:
    """A queue in memory has only lines."""
    meeting = Meet(call=Claim(), meanwhile=(Claim(by="b"),), gap=0, by_line=True)
    history = _history(tmp_path, Enqueue(), meeting, queue=MemoryQueue)
    assert _claims(history, "a", "b") == [("a", None), ("b", "task-1")]


def test_an_actor_in_the_middle_of_a_call_makes_no_other(tmp_path: Path) -> None:
    """A step of the actor that stopped does nothing, nor does one without a delivery."""
    meeting = Meet(call=Claim(), meanwhile=(Purge(), Complete()), gap=1)
    history = _history(tmp_path, Enqueue(), meeting)
    assert [call.verb for call in history if call.actor == "a"][-2:] == [Verb.ENQUEUE, Verb.CLAIM]


def test_a_meeting_without_its_call_plays_the_others(tmp_path: Path) -> None:
    """So a shrunk walk is a walk."""
    meeting = Meet(call=Complete(), meanwhile=(Enqueue(by="b"),), gap=1)
    history = _history(tmp_path, meeting)
    assert next(call.actor for call in history.by(Verb.ENQUEUE)) == "b"


@pytest.mark.parametrize("step", [Reopen(), Crash()])
def test_an_actor_with_a_thread_neither_reopens_nor_crashes(step: Step, tmp_path: Path) -> None:
    """The error says so."""
    with pytest.raises(UsageError, match="in a walk with a Meet"):
        replay(RETRIES, tmp_path, step, Meet(call=Claim(), meanwhile=(Claim(by="b"),)))


def test_a_meeting_prints_as_the_source_that_makes_it() -> None:
    """The test that a report prints imports the classes of the steps within, too."""
    step = Meet(call=Complete(back=1), meanwhile=(Wait(seconds=2), Claim(by="b")), gap=1)
    shown = "Meet(call=Complete(back=1), meanwhile=(Wait(seconds=2), Claim(by='b')), gap=1)"
    assert repr(step) == shown
    assert eval(shown) == step  # noqa: S307 - the text is our own
    source = source_of((step,), RETRIES, note="Half of the repetitions failed.")
    assert source.startswith("# Half of the repetitions failed.\nfrom")
    assert "import Claim, Complete, Meet, replay, Wait" in source


def test_a_meeting_has_plainer_ones() -> None:
    """Shrinking tries the call alone, fewer others, and plainer steps."""
    step = Meet(call=Complete(back=1), meanwhile=(Claim(by="b"), Purge()), gap=1)
    plainer = list(step.plainer())
    assert plainer[0] == Complete(back=1)
    assert replace(step, meanwhile=(Purge(),)) in plainer
    assert replace(step, meanwhile=(Claim(), Purge())) in plainer
    assert replace(step, call=Complete()) in plainer


def test_a_retry_that_is_readied_twice_is_found_by_its_meeting(tmp_path: Path) -> None:
    """In turn, the queue is right; between two steps of one claim another claim must not come."""
    meeting = Meet(call=Claim(), meanwhile=(Claim(by="b"),), gap=1)
    (tmp_path / "in-turn").mkdir()
    replay(RETRIES, tmp_path / "in-turn", *RETRIED, Claim(by="b"), Claim())
    with pytest.raises(AssertionError, match="Task delivered twice"):
        replay(RETRIES, tmp_path, *RETRIED, meeting)


def test_a_claim_that_finds_no_task_in_motion_is_not_judged() -> None:
    """Another call may have the task in its hands, half-way; at rest a claim must find it."""
    text = "p: enqueue t @0-1; p: stats @2-5; a: claim - @%s; a: claim t @8-9"
    declared = contract()
    assert judge_meetings(history_of(text % "3-4"), declared) == []
    assert {wrong.kind for wrong in judge_meetings(history_of(text % "6-7"), declared)} == {
        "said-empty"
    }


@pytest.mark.slow
def test_the_search_finds_the_meeting_and_shrinks_it(tmp_path: Path) -> None:
    """The printed test has one meeting, and fails each time."""
    verdict = _verdict(BatchTakesARetryUnseen, tmp_path)
    assert verdict.status is Status.FAIL
    assert isinstance(verdict.detail, RuleRun)
    run = verdict.detail
    steps = [line.strip() for line in run.test.splitlines() if line.endswith("),")]
    assert sum(step.startswith("Meet(call=ClaimMany(") for step in steps) == 1
    assert len(steps) <= 8
    assert (run.driver, run.token) == ("interleaved", "seed 0")


def test_a_correct_queue_passes(tmp_path: Path) -> None:
    """Others may come between the steps of its calls."""
    verdict = _verdict(ClaimsInTwoSteps, tmp_path, QUICK)
    assert (verdict.status, verdict.violations) == (Status.PASS, ())


class Never(Random):
    """Never lets the unlikely happen, and picks the last of some choices."""

    def random(self) -> float:
        return 0.999


def _counted(step: Step, inside: Sequence[bool]) -> Counted:
    return Counted(step, Steps(outside=len(inside), lines=0, inside=tuple(inside)))


def test_a_gap_inside_a_transaction_is_no_site() -> None:
    """Nor is the one before the first step."""
    atomic = _counted(Claim(), [False, True, True])
    split = _counted(Complete(), [False, False, True])
    sites, random = Sites(), Never()
    assert sites.choose([atomic], 0, random) is None
    assert sites.choose([atomic, split], 0, random) is split
    assert sites.gap(split, random).number == 1


def test_any_call_is_a_site_now_and_then() -> None:
    """Its transaction may not keep others out."""
    atomic = _counted(Claim(), [False, True, True])
    sites, random = Sites(), Random(1)  # noqa: S311 - no secret
    chosen = [sites.choose([atomic], 0, random) for _ in range(200)]
    assert 1 < chosen.count(atomic) < 40
    assert {sites.gap(atomic, random).number for _ in range(20)} == {0, 1, 2}


def test_a_path_is_chosen_less_often_than_a_new_one() -> None:
    """After some tries, a path is left alone for some walks."""
    old, new = (_counted(step, [False, False]) for step in (Claim(), Complete()))
    sites, random = Sites(), Never()
    while sites.choose([old], 0, random) is old:
        pass
    assert sites.choose([old, new], 0, random) is new
    assert sites.choose([old], 100, random) is old


def test_a_line_with_a_lock_is_no_site() -> None:
    """The others had to wait there, so the search tries it no more."""
    lines = Steps(outside=0, lines=2, places=("queue.py:1", "queue.py:2"))
    call = Counted(Claim(), lines)
    sites, random = Sites(), Never()
    gap = sites.gap(call, random)
    assert sites.choose([call], 0, random) is call
    sites.note(call, gap._replace(number=1), waited=True)
    assert sites.choose([call], 0, random) is None
