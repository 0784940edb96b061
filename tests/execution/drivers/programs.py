"""The programs in the tests of the drivers, at module level so that processes can import them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_queuekit.execution.environment import Environment, claim_all
from pytest_queuekit.execution.faults.fault import Fault
from pytest_queuekit.execution.faults.kill import Kill
from pytest_queuekit.execution.scenario import Program
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.recording.recorder import Recorder
from tests.execution.drivers.queues import NEVER

TASKS = 60

KILLED = (Kill(after=1),)
"""Kills an actor when its first call has ended."""


def crew(
    function: Callable[..., None], size: int = 3, faults: tuple[Fault, ...] = (), **arguments: Any
) -> Callable[[Effort], list[Program]]:
    """Return the programs of a scenario: `size` actors with the same function and faults."""

    def programs(effort: Effort) -> list[Program]:
        return [
            Program(actor=f"actor-{number}", function=function, arguments=arguments, faults=faults)
            for number in range(1, size + 1)
        ]

    return programs


def stock(env: Environment) -> None:
    """Put some tasks into the queue."""
    for number in range(TASKS):
        env.actor("stocker").enqueue(f"task-{number}")


def produce(recorder: Recorder, count: int = 1) -> None:
    """Enqueue `count` tasks."""
    for number in range(count):
        recorder.enqueue(f"{recorder.actor}-{number}")


def drain(recorder: Recorder) -> None:
    """Claim and complete until the queue is empty."""
    claim_all(recorder)


def take(recorder: Recorder) -> None:
    """Claim without completing until the queue is empty."""
    claim_all(recorder, complete=False)


def claim_and_enqueue(recorder: Recorder) -> None:
    """Claim a task, and enqueue another; a kill after the claim prevents the second."""
    recorder.claim()
    recorder.enqueue("after-death")


def be_killed_from_outside(recorder: Recorder) -> None:
    """Claim a task, and be killed by a signal."""
    recorder.claim()
    os.kill(os.getpid(), signal.SIGKILL)


def leave_in_silence(recorder: Recorder) -> None:
    """End the process between two operations."""
    recorder.claim()
    os._exit(4)


def complain(recorder: Recorder) -> None:
    """Raise an error that is the program's own."""
    recorder.claim()
    if recorder.actor == "actor-2":
        raise LookupError("no such page")


def dawdle(recorder: Recorder) -> None:
    """Never end, between two operations."""
    recorder.claim()
    NEVER.wait()


def work(recorder: Recorder, pause: float) -> None:
    """Claim until the queue is empty, and work on each task for `pause` seconds."""
    while (delivery := recorder.claim()) is not None:
        recorder.clock.wait(pause)
        recorder.complete(delivery)


def work_once(recorder: Recorder) -> None:
    """Claim one task and complete it."""
    delivery = recorder.claim()
    if delivery is not None:
        recorder.complete(delivery)


def tell_pid_and_die(recorder: Recorder) -> None:
    """Enqueue a task that is named for this process, and die."""
    recorder.enqueue(str(os.getpid()))
    recorder.die()


def tell_zombies(recorder: Recorder) -> None:
    """Enqueue a task for each dead child of this process's parent that is not reaped."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, fields = stat.read_text(encoding="utf-8", errors="replace").partition(" (")
            state, parent = fields.rpartition(") ")[2].split()[:2]
            if state == "Z" and int(parent) == os.getppid():
                recorder.enqueue(f"zombie {pid}")


def tell_pid(recorder: Recorder) -> None:
    """Enqueue a task that has the number of the process as its label."""
    recorder.enqueue(str(os.getpid()))
