"""Walks find features that fail together, shrink to what is needed, and can be repeated."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import KeyConflict
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import History, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.rules_of_kind import RULES_OF
from pytest_queuekit.model.verdict import RuleRun, Status, Verdict
from pytest_queuekit.monitors.explained import explained
from pytest_queuekit.report.failure import explain
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from pytest_queuekit.walks import (
    Cancel,
    Claim,
    Complete,
    Crash,
    Enqueue,
    Extend,
    Fail,
    Purge,
    Release,
    Reopen,
    Stats,
    Step,
    Wait,
    replay,
)
from pytest_queuekit.walks.judging import judge_walk
from pytest_queuekit.walks.play import Stage, play_walk
from tests.monitors.notation import contract, history
from tests.mutants.walk import BatchTasksAreNotRetried, ExtendedTasksComeBack
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue
from tests.queues.variants import PutsOff
from tests.queues.watched import WATCHED

WALK = by_id(CATALOGUE)["WALK-1"]
MEMORY = "tests.queues.memory:MemoryQueue"
QUICK = Effort.at(Level.QUICK)
THOROUGH = Effort.at(Level.DEEP)
"""Leaves time to shrink a walk where lines are counted for the coverage; it ends with the fault."""


def _verdict(
    queue: type[QueueAdapter], folder: Path, seed: int = 0, effort: Effort = THOROUGH
) -> Verdict:
    return judge(WALK, QueueUnderTest.of(queue), folder, replace(effort, seed=seed))


def _history(folder: Path, *steps: Step, queue: type[QueueAdapter] = MemoryQueue) -> History:
    stage = Stage(queue=QueueUnderTest.of(queue), effort=QUICK, virtual=True)
    run, walk = play_walk(lambda _: iter(steps), stage, folder)
    assert walk == steps
    return run.history


def _run(verdict: Verdict) -> RuleRun:
    assert verdict.status is Status.FAIL
    assert isinstance(verdict.detail, RuleRun)
    return verdict.detail


def test_a_walk_shrinks_to_the_steps_that_it_needs(tmp_path: Path) -> None:
    """An extension remains: the end of every walk completes the task and outlasts the lease."""
    run = _run(_verdict(ExtendedTasksComeBack, tmp_path))
    steps = [line.strip() for line in run.test.splitlines() if line.endswith("),")]
    assert [step.partition("(")[0] for step in steps] == ["Enqueue", "Claim", "Extend"]


def test_the_same_seed_finds_the_same_walk(tmp_path: Path) -> None:
    """The verdict has the seed."""
    found = []
    for number, seed in enumerate((3, 3)):
        home = tmp_path / str(number)
        home.mkdir()
        found.append(_run(_verdict(BatchTasksAreNotRetried, home, seed)))
    assert found[0].test == found[1].test
    assert [run.token for run in found] == ["seed 3", "seed 3"]


def test_the_report_names_the_rule_and_prints_the_test(tmp_path: Path) -> None:
    """A reader sees which promise is broken, what the rule about it lacks, and how to repeat it."""
    verdict = _verdict(ExtendedTasksComeBack, tmp_path)
    shown = "\n".join(explain(verdict))
    assert "ACK-1 tests this promise alone; this walk adds extend." in " ".join(shown.split())
    assert _run(verdict).test in shown + "\n"


def test_the_printed_test_fails_without_the_search(tmp_path: Path) -> None:
    """It is a file that pytest runs."""
    (tmp_path / "queue").mkdir()
    run = _run(_verdict(ExtendedTasksComeBack, tmp_path / "queue"))
    (tmp_path / "test_pasted.py").write_text(run.test, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_pasted.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Completed task delivered again" in done.stdout


def test_a_replay_of_a_correct_queue_passes(tmp_path: Path) -> None:
    """It says nothing, and may be used with any steps."""
    replay(MEMORY, tmp_path, Enqueue(key="k"), Claim(), Fail(), Cancel(), Wait(seconds=5), Claim())


@pytest.mark.parametrize("queue", WATCHED, ids=lambda queue: queue.name)
def test_an_actor_does_not_die_where_only_the_end_of_its_process_shows(
    queue: type[QueueAdapter], tmp_path: Path
) -> None:
    """An instance that is abandoned in this process lives on, so its task stays with it."""
    verdict = _verdict(queue, tmp_path, effort=QUICK)
    assert (verdict.status, verdict.violations) == (Status.PASS, ())


def test_a_worker_that_lives_ends_its_work(tmp_path: Path) -> None:
    """A task that waits for the slot of its group is not lost while the holder lives."""
    steps = (Enqueue(key="k", group="k"), Enqueue(priority=5, group="k"), Claim())
    replay("tests.queues.watched:WatchesProcesses", tmp_path, *steps)


def test_a_replaced_task_may_keep_the_options_of_the_first(tmp_path: Path) -> None:
    """The contract says nothing about the options of a task that takes another one's place."""
    routed = Enqueue(key="k", capabilities={"region": "EU"})
    queue = "tests.queues.variants:ReplacesPayloads"
    replay(queue, tmp_path, Enqueue(key="k"), routed, Claim(capabilities={"region": "US"}))


@pytest.mark.parametrize("conflict", [None, KeyConflict.KEEP])
def test_a_second_enqueue_may_put_the_first_off(
    conflict: KeyConflict | None, tmp_path: Path
) -> None:
    """Where the queue declares that the first task stays, its delay stays too."""
    queue = type("_", (PutsOff,), {"key_conflict": conflict})
    steps = (Enqueue(key="k"), Enqueue(delay=20.0, key="k"), Claim())
    history = _history(tmp_path, *steps, queue=queue)
    assert bool(explained(history, Contract.of(queue))) is (conflict is KeyConflict.KEEP)


def test_a_task_may_replace_any_waiting_task_of_its_key(tmp_path: Path) -> None:
    """Here it replaces the second task of the key, since the first is dead."""
    queue = "tests.queues.variants:MayReplacePayloads"
    spent = (Enqueue(key="k", max_attempts=1), Claim(), Wait(seconds=61.05), Claim())
    replay(queue, tmp_path, *spent, Enqueue(key="k"), Enqueue(delay=20.0, key="k"), Claim())


def test_a_replay_tells_what_is_wrong(tmp_path: Path) -> None:
    """The error has the proof."""
    steps = (Enqueue(), Claim(), Extend(seconds=60.0), Complete(), Wait(seconds=200), Claim())
    with pytest.raises(AssertionError, match="Completed task delivered again"):
        replay("tests.mutants.walk:ExtendedTasksComeBack", tmp_path, *steps)


@pytest.mark.parametrize(
    ("again", "kinds"),
    [("t", ["completed-again", "wrong-count"]), ("u", ["wrong-count", "completed-again"])],
)
def test_a_wrong_count_follows_what_else_is_wrong_with_its_task(
    again: str, kinds: list[str]
) -> None:
    """The count comes first and says least; the fault of another task leaves it in its place."""
    observed = history(
        "p: enqueue t; w: claim t; w: complete t; p: stats queued=1"
        f"; p: enqueue u; v: claim u; v: complete u; x: claim {again}"
    )
    violations = judge_walk(replace(observed, lease=10.0), contract())
    assert [violation.kind for violation in violations] == kinds


@pytest.mark.parametrize(
    ("walk", "added"),
    [
        ("a: enqueue t; a: claim t", ""),
        ("a: enqueue t key=1 priority=5; a: claim t", "; this walk adds key, priority"),
        (
            "a: enqueue t @0-0.1 batch=2; a: enqueue u @0-0.1 batch=2; a: claim t @2-3",
            "; this walk adds enqueue_many",
        ),
        (
            "a: enqueue t @0-0.1; a: claim t @0.2-0.3; a: release t @0.4-0.9; c: claim t @0.5-0.6",
            "; this walk adds release, calls that overlap",
        ),
        (
            "a: enqueue t; a: claim t; a: fail t retry=true; b: purge",
            "; this walk adds fail, purge",
        ),
    ],
)
def test_a_proof_names_what_the_walk_has_beyond_the_rule(walk: str, added: str) -> None:
    """The rule may pass; the calls of the end, which every walk has, are no addition."""
    observed = history(
        f"{walk}; collector: claim t @7-8; collector: complete t @9-10; b: claim t @20-21"
    )
    violations = judge_walk(replace(observed, lease=100.0), contract())
    (detail,) = (each.detail for each in violations if each.kind == "completed-again")
    assert detail.endswith(f" ACK-1 tests this promise alone{added}.")


def test_an_opening_that_may_be_the_cause_is_shown() -> None:
    """Here the successor's opening may have ended the lease; the first ones did nothing wrong."""
    observed = history(
        "a: open; a: enqueue t; b: open; b: claim t; a: close; a': open; a': claim t"
    )
    violation = judge_walk(replace(observed, lease=10.0), contract())[0]
    assert violation.kind == "double-delivery"
    assert [call.number for call in violation.witness] == [1, 3, 4, 5, 6]


def test_a_step_without_its_task_does_nothing(tmp_path: Path) -> None:
    """So any part of a walk is a walk."""
    history = _history(tmp_path, Complete(), Fail(back=3), Cancel(), Release(), Extend(seconds=1))
    ends = {Verb.COMPLETE, Verb.FAIL, Verb.CANCEL, Verb.RELEASE, Verb.EXTEND}
    assert [call.verb for call in history if call.verb in ends] == [Verb.COMPLETE]
    assert history.by(Verb.COMPLETE)[0].actor == "collector"


def test_an_actor_may_close_or_die(tmp_path: Path) -> None:
    """A successor continues; the dead actor's task comes back after its lease."""
    steps = (Enqueue(), Claim(), Crash(), Stats(), Reopen(), Purge())
    history = _history(tmp_path, *steps, queue=SmallSqliteQueue)
    assert [call.actor for call in history.by(Verb.OPEN)] == ["a", "a'", "a''", "collector"]
    deliveries = [call for call in history.by(Verb.CLAIM) if call.task == "task-1"]
    assert [call.actor for call in deliveries] == ["a", "collector"]
    assert history.drained


def test_a_delivery_that_was_given_back_is_left_alone(tmp_path: Path) -> None:
    """Until another worker has the task, contracts say nothing about such a call."""
    history = _history(tmp_path, Enqueue(), Claim(), Release(), Complete())
    assert [call.actor for call in history.by(Verb.COMPLETE)][:1] == ["collector"]
    (tmp_path / "again").mkdir()
    steps = (Enqueue(), Claim(), Release(), Claim(by="b"), Complete(back=1))
    again = _history(tmp_path / "again", *steps)
    assert again.by(Verb.COMPLETE)[0].actor == "a"


def test_a_step_prints_as_the_source_that_makes_it() -> None:
    """Fields with their default values are left out."""
    step = Enqueue(by="b", priority=0, key="k")
    assert repr(step) == "Enqueue(by='b', priority=0, key='k')"
    assert eval(repr(step)) == step  # noqa: S307 - the text is our own


def test_the_rules_of_broken_promises_exist() -> None:
    """Each kind names rules of the catalogue."""
    known = {rule.id for rule in CATALOGUE}
    assert {rule for rules in RULES_OF.values() for rule in rules} <= known
