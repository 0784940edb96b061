"""Lanes: processes that did not start each other share one run, and one of them has the history."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.xdist import XdistWorkers
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Verb, read_history
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.execution.drivers import programs
from tests.queues.memory import MemoryQueue

_COMMAND = (sys.executable, "-X", "dev", "-W", "error", "-m", "tests.execution.drivers.lane")


def play(
    folder: Path,
    lanes: int,
    *,
    scenario: str = "work",
    queue: str = "good",
    only: tuple[int, ...] = (),
    patience: float = 60.0,
    limit: float = 30.0,
) -> dict[int, str]:
    """Start the lanes as processes. Return the output of each, "" for the one with the history."""
    started = {}
    for lane in only or range(1, lanes + 1):
        job: dict[str, str | float] = {"lane": lane, "lanes": lanes, "patience": patience}
        job |= {"scenario": scenario, "queue": queue, "folder": str(folder), "limit": limit}
        started[lane] = subprocess.Popen(
            [*_COMMAND, json.dumps(job)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return {lane: process.communicate()[0].strip() for lane, process in started.items()}


def unstruck(folder: Path) -> list[str]:
    """Return the kinds of the faults that did not strike in any lane."""
    kinds: list[str] = json.loads((folder / "unstruck.json").read_text(encoding="utf-8"))
    return kinds


def history_of(folder: Path, said: dict[int, str]) -> History:
    """Return the history. Exactly one lane must have it, and the others must report that."""
    assert Counter(said.values()) == {
        "": 1,
        "JudgedElsewhereError: Another lane judges this run: the lane that finished last.": len(
            said
        )
        - 1,
    }
    return read_history(folder / "history.jsonl")


def test_lanes_share_one_run(tmp_path: Path) -> None:
    """Script, programs and ending run once, on one queue and one clock, for all lanes."""
    history = history_of(tmp_path, play(tmp_path, 2))
    claims = Counter(
        operation.task for operation in history.by(Verb.CLAIM) if operation.is_delivery
    )
    assert claims == Counter(f"task-{number}" for number in range(programs.TASKS))
    assert {operation.actor for operation in history} == {
        "stocker",
        "collector",
        *(f"actor-{number}" for number in range(1, 5)),
    }
    assert history.drained
    assert history.driver == "lanes"
    for complete in history.by(Verb.COMPLETE):
        assert complete.claim is not None
        assert history.operations[complete.claim].task == complete.task


def test_lanes_overlap(tmp_path: Path) -> None:
    """No lane acts before all have opened the queue; then they hold tasks at the same time."""
    history = history_of(tmp_path, play(tmp_path, 2))
    acting = [operation for operation in history if operation.actor.startswith("actor")]
    opened = [operation.end or 0 for operation in acting if operation.verb is Verb.OPEN]
    assert len(opened) == 4
    assert max(opened) <= min(
        operation.start for operation in acting if operation.verb is not Verb.OPEN
    )
    ends = {operation.claim: operation.end for operation in history.by(Verb.COMPLETE)}
    odd, even = (
        [
            operation
            for operation in acting
            if operation.is_delivery and int(operation.actor[-1]) % 2 == rest
        ]
        for rest in (1, 0)  # actors are dealt out in turn: each lane has the odd or the even ones
    )
    assert any(
        first.start < (ends[second.number] or 0) and second.start < (ends[first.number] or 0)
        for first in odd
        for second in even
    )


def test_a_lane_may_have_nothing_to_do(tmp_path: Path) -> None:
    """If there are more lanes than programs, some lanes do nothing."""
    history = history_of(tmp_path, play(tmp_path, 3, scenario="die"))
    assert len(history.by(Verb.KILL)) == 2
    assert unstruck(tmp_path) == []


def test_a_killed_actor_does_nothing_more(tmp_path: Path) -> None:
    """The task of an actor killed in a lane is delivered again."""
    history = history_of(tmp_path, play(tmp_path, 2, scenario="die"))
    assert len(history.by(Verb.COMPLETE)) == programs.TASKS
    assert "after-death" not in {operation.task for operation in history}


def test_lanes_that_do_not_meet_give_the_same_reason(tmp_path: Path) -> None:
    """All lanes name the missing lane and the option to change, even a late one."""
    said = play(tmp_path, 3, only=(1, 3), patience=0.5)
    assert said[1] == said[3]
    assert said[1].startswith("NotRunError: the 3 lanes did not meet within 0.5 s, lane 2 did not")
    assert said[1].endswith("give -n 3 or more")
    assert play(tmp_path, 3, only=(2,)) == {2: said[1]}


def test_a_folder_is_for_one_run(tmp_path: Path) -> None:
    """A second run in the same folder is not mixed with the first."""
    play(tmp_path, 1, scenario="die")
    said = play(tmp_path, 1, scenario="die")
    assert said[1].startswith("NotRunError: lane 1 has run in folder=")


def test_a_script_that_fails_ends_all_lanes(tmp_path: Path) -> None:
    """If lane 1 cannot prepare the run, it raises the error, and the others give it as reason."""
    said = play(tmp_path, 2, scenario="fail")
    assert said == {
        1: "LookupError: no such page",
        2: "NotRunError: lane 1 failed: LookupError: no such page",
    }


def test_an_error_of_a_program_comes_from_its_lane(tmp_path: Path) -> None:
    """The lane of the failing program raises, and no other lane judges the rest."""
    said = play(tmp_path, 3, scenario="complain")
    assert said.pop(2) == "LookupError: no such page"
    assert {text.partition(":")[0] for text in said.values()} == {"JudgedElsewhereError"}
    assert not (tmp_path / "history.jsonl").exists()


def test_a_call_that_hangs_does_not_hang_the_run(tmp_path: Path) -> None:
    """At the limit a lane ends without the actor that hangs, and the run is judged."""
    history = history_of(tmp_path, play(tmp_path, 2, queue="hangs", limit=1.0))
    hung = [operation for operation in history if operation.end is None]
    assert {operation.verb for operation in hung} == {Verb.COMPLETE}
    assert {operation.actor for operation in hung} >= {f"actor-{number}" for number in range(1, 5)}


def test_an_actor_that_cannot_open_the_queue_stays_out(tmp_path: Path) -> None:
    """Failed openings are in the history, and no lane waits for them."""
    history = history_of(tmp_path, play(tmp_path, 2, scenario="die", queue="shut"))
    shut = [operation for operation in history if operation.actor.startswith("actor")]
    assert [(operation.verb, operation.ok) for operation in shut] == [(Verb.OPEN, False)] * 2
    assert unstruck(tmp_path) == ["kill", "kill"]


def test_a_queue_for_one_process_is_not_run(tmp_path: Path) -> None:
    """A queue that is declared for one process is not run in lanes."""
    with pytest.raises(NotRunError, match="one process"):
        next(
            XdistWorkers(folder=tmp_path, lane=1, lanes=1).runs(
                Scenario(), QueueUnderTest.of(MemoryQueue), tmp_path, Effort()
            )
        )
