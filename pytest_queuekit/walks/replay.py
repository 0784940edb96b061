"""Repeats a walk, as a test that a report prints does."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.execution.drivers.probe import follows_virtual_time
from pytest_queuekit.execution.forked import ForkServer
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.report.failure import proof
from pytest_queuekit.walks.judging import judge_kills, judge_meetings, judge_walk
from pytest_queuekit.walks.meet import Meet
from pytest_queuekit.walks.play import Stage, play_walk
from pytest_queuekit.walks.rivals import ACTORS
from pytest_queuekit.walks.steps import Step


def replay(queue: str, folder: Path, *steps: Step, processes: bool = False) -> None:
    """Repeat a walk on a new queue in an empty folder. Raises AssertionError if it shows a fault.

    queue: the queue under test, as for `--queue-impl`.
    processes: True to give each actor a process of its own, which a Kill needs.
    """
    subject = resolve(queue)
    meets = any(isinstance(step, Meet) for step in steps)
    judge = judge_kills if processes else judge_meetings if meets else judge_walk
    virtual = follows_virtual_time(subject, folder / "probe")
    home = folder / "walk"
    home.mkdir()
    with ForkServer(subject, folder) if processes else nullcontext() as server:
        stage = Stage(
            queue=subject,
            effort=Effort(),
            virtual=virtual,
            meets=meets,
            server=server,
            apart=ACTORS,
        )
        run, _ = play_walk(lambda _: iter(steps), stage, home)
    for violation in judge(run.history, subject.contract):
        raise AssertionError("\n".join(proof(violation)))
