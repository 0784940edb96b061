"""Each actor is a process, and all act at the same time, by the real clock."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pytest_queuekit.errors import NotRunError, UsageError
from pytest_queuekit.execution.drivers.actor import Job
from pytest_queuekit.execution.drivers.actor_process import ActorProcess
from pytest_queuekit.execution.drivers.play import (
    in_real_time,
    play,
    programs_of,
    run_folders,
)
from pytest_queuekit.execution.drivers.watchdog import Watchdog
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.catalogue import pack
from pytest_queuekit.execution.faults.fault import Setting
from pytest_queuekit.execution.importing import files_of, require_importable
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import RealClock

_SETTING = Setting(own_process=True, virtual_clock=False)
_LEAD = 2_000_000
"""Nanoseconds between a word and the moment to act on it, so that all actors have read it."""
_START = 60.0
"""Seconds for a process to start, which does not depend on the queue."""


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Runs each program in a process. All start at once, after each has opened the queue.

    repeat: True to make `Effort.rounds` runs, because chance decides whether a run shows a
        violation.
    in_turn: True to start each program when a fault strikes the actor of the one before, or kills
        it. A program after an unharmed actor does not start. The dead are reaped at the end.
    """

    repeat: bool = False
    in_turn: bool = False
    name: ClassVar[str] = "processes"
    concurrent: ClassVar[bool] = True

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return the runs. Raises NotRunError if only one process may use the queue.

        A single program without a script before it uses one process at a time.

        Raises ActorError if a process ends by an error that is not the queue's.
        """
        programs = programs_of(scenario, effort, _SETTING)
        several = len(programs) != 1 or scenario.script is not None
        if several and Capability.PROCESSES not in queue.contract.capabilities:
            raise NotRunError(
                "needs several processes, and the queue is declared for one process",
                kind="unsupported",
            )
        lease, effort = in_real_time(scenario, queue, effort, where="in other processes")
        for folder_of_run in run_folders(folder, effort.rounds if self.repeat else 1):
            home = folder_of_run / "queue"
            crew = _Crew(folder_of_run / "actors", in_turn=self.in_turn)
            home.mkdir()
            env = Environment(
                queue, home, clock=crew.clock, lease=lease, effort=effort, progress=progress
            )
            yield play(scenario, programs, env, self.name, crew.perform)


class _Crew:
    """The actors of a run, a process each.

    folder: the folder for their logs and messages.
    in_turn: True to start each program when a fault strikes the one before.
    """

    def __init__(self, folder: Path, *, in_turn: bool) -> None:
        folder.mkdir()
        self.clock = RealClock()
        self._folder = folder
        self._in_turn = in_turn

    def perform(self, programs: Sequence[Program], env: Environment, _hand: Watchdog) -> None:
        """Run all programs. Return when all have ended, or were killed at the limit."""
        jobs = [self._job(number, program, env) for number, program in enumerate(programs, start=1)]
        with ExitStack() as stack:
            members = [stack.enter_context(ActorProcess(job, self.clock)) for job in jobs]
            env.progress(f"{len(members)} processes to start", _START)
            _await("started", members, _START)
            self._set_off("open", members)
            _await("ready", members, env.effort.limit)
            if self._in_turn:
                members = self._start_in_turn(members, env.effort.limit)
            else:
                self._set_off("go", members)
            env.progress(f"{len(members)} processes to end", env.effort.limit)
            _await("done", members, env.effort.limit)
            for member in members:
                member.part()
            for program, member in zip(programs, members, strict=False):
                env.strikes |= {(program.actor, number) for number in member.strikes}
            for member in members:
                env.log.extend(member.operations())

    def _start_in_turn(self, members: Sequence[ActorProcess], limit: float) -> list[ActorProcess]:
        """Start each program when the one before is struck. Return the members that started."""
        started = []
        for member in members:
            self._set_off("go", [member])
            started.append(member)
            _await("struck", [member], limit)
            if not member.is_struck:
                break
        return started

    def _set_off(self, word: str, members: Sequence[ActorProcess]) -> None:
        """Say a word, with the moment at which all act on it."""
        moment = self.clock.now() + _LEAD
        for member in members:
            member.say(f"{word} {moment}")

    def _job(self, number: int, program: Program, env: Environment) -> Job:
        path, adapter = _path_of(program), env.queue.adapter
        require_importable(env.queue)
        file_name = re.sub(r"[^\w.-]", "_", program.actor)
        return Job(
            spec=env.queue.spec,
            location=env.location,
            actor=program.actor,
            program=path,
            arguments=_checked(program),
            files=files_of(adapter.__module__, program.function.__module__),
            log=str(self._folder / f"{number}-{file_name}.jsonl"),
            first=env.log.next(program.actor),
            epoch=self.clock.epoch,
            lease=env.lease,
            limit=env.effort.limit,
            faults=[pack(fault) for fault in program.faults],
        )


def _await(word: str, members: Sequence[ActorProcess], limit: float) -> None:
    """Wait until each process says this word or ends; kill those that take too long."""
    deadline = time.monotonic() + limit
    for member in members:
        if not member.hear(word, deadline):
            member.give_up(f"not {word} after {limit:g} s")


def _path_of(program: Program) -> str:
    module, name = program.function.__module__, getattr(program.function, "__qualname__", "")
    if module == "__main__" or not name or "<" in name:
        raise UsageError(
            f"program={program.function!r} of actor={program.actor!r} cannot be imported by "
            "another process: make it a function at the top of an importable module"
        )
    return f"{module}:{name}"


def _checked(program: Program) -> Mapping[str, Any]:
    try:
        json.dumps(program.arguments)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"arguments={program.arguments!r} of actor={program.actor!r} cannot be sent to another "
            f"process, because they are not JSON: {error}"
        ) from error
    return dict(program.arguments)
