"""One actor as a process of its own: `python -m pytest_queuekit.execution.drivers.actor`.

Its job comes as a line of JSON on standard input. The actor says "started", waits for "open" with a
moment, opens the queue, says "ready", waits for "go" with a moment, runs its program and says
"done". It says "failed" after it has printed an error that is not the queue's, and "not-run" with
the reason as JSON if a fault cannot strike. Its log file is complete at every moment. This module
imports little, since each run starts several actors.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO, cast

from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.environment import Halt, open_actor
from pytest_queuekit.execution.faults.catalogue import unpack
from pytest_queuekit.execution.faults.connection_lost import open_descriptors
from pytest_queuekit.execution.faults.fault import Setting, Surroundings
from pytest_queuekit.execution.faults.kill import kill_process
from pytest_queuekit.execution.faults.trigger import armed
from pytest_queuekit.execution.importing import import_files
from pytest_queuekit.model.history import FORKS, SECOND
from pytest_queuekit.recording.clock import RealClock
from pytest_queuekit.recording.operation_log import LogFile

_SPARE = 30.0
"""Seconds beyond the parent's own limits, after which a process ends itself."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """The job of one actor.

    spec: the name of the queue under test, for `resolve`.
    location: the location of the queue.
    actor: the actor's name.
    program: "module:function".
    arguments: the function's keyword arguments.
    files: the files of the adapter's and the program's modules, for a module that cannot be
        imported by name.
    log: the file for the operations.
    first: the number of the first operation.
    epoch: the beginning of the run, in nanoseconds of the machine's monotonic clock.
    lease: seconds of a lease.
    limit: seconds for opening the queue, and again for the program.
    faults: the faults that strike the actor, each as `pack` returns it.
    """

    spec: str
    location: str
    actor: str
    program: str
    arguments: Mapping[str, Any]
    files: Mapping[str, str]
    log: str
    first: int
    epoch: int
    lease: float
    limit: float
    faults: Sequence[Mapping[str, Any]] = ()

    def to_json(self) -> str:
        """Return the job as a line of JSON. Raises TypeError if JSON cannot carry the arguments."""
        return json.dumps(asdict(self))


def main() -> int:
    """Read the job from standard input and do it. Return the exit status."""
    orders, reports = _take_streams()
    faulthandler.enable()
    try:
        job = Job(**json.loads(orders.readline()))
        # If the parent is killed, nothing else ends this process.
        faulthandler.dump_traceback_later(2 * job.limit + _SPARE, exit=True)
        try:
            _act(job, orders, reports)
        except Halt as halt:  # the log has the reason
            traceback.print_exception(halt.__cause__)
    except NotRunError as error:
        _say(reports, f"not-run {json.dumps({'message': str(error), 'kind': error.kind})}")
        return 0
    except BaseException:  # noqa: BLE001 - printed for the parent
        traceback.print_exc()
        _say(reports, "failed")
        return 1
    _say(reports, "done")
    return 0


def _take_streams() -> tuple[TextIO, TextIO]:
    """Keep the parent's pipes for the kit, and send the queue's output to standard error."""
    orders = os.fdopen(os.dup(0), "r", encoding="utf-8")
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, reports


def _act(job: Job, orders: TextIO, reports: TextIO) -> None:
    import_files(job.files)
    queue = resolve(job.spec)
    function = _function(job.program)
    clock = RealClock(job.epoch)
    _say(reports, "started")
    _wait_for_word(orders, clock)
    faults = [unpack(fault) for fault in job.faults]
    with LogFile(Path(job.log)) as log:
        descriptors = open_descriptors()
        recorder = open_actor(
            queue,
            job.location,
            job.actor,
            clock=clock,
            sink=log,
            lease=job.lease,
            first=job.first,
        )
        recorder.own_process, recorder.die = True, kill_process
        _say(reports, "ready")
        _wait_for_word(orders, clock)
        world = Surroundings(
            setting=Setting(own_process=True, virtual_clock=False),
            recorder=recorder,
            clock=clock,
            location=job.location,
            descriptors=descriptors,
            note_strike=lambda number: _say(reports, f"struck {number}"),
        )
        with armed(faults, world):
            function(recorder, **job.arguments)
        if recorder.last is not None and FORKS in recorder.last.arguments:
            recorder.close()  # recorded: a forked process goes on with the instance
        else:
            recorder.dispose()


def _wait_for_word(orders: TextIO, clock: RealClock) -> None:
    """Wait for a word of the parent, then until the moment at which all actors act on it."""
    word = orders.readline().split()
    if not word:
        raise SystemExit("the run was interrupted")
    clock.wait(max(int(word[1]) - clock.now(), 0) / SECOND)


def _function(path: str) -> Callable[..., None]:
    module, _, name = path.partition(":")
    function: Any = importlib.import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    return cast(Callable[..., None], function)


def _say(reports: TextIO, word: str) -> None:
    # A parent that has ended reads nothing; one that misses the last word raises ActorError.
    with suppress(OSError):
        reports.write(f"{word}\n")
        reports.flush()


if __name__ == "__main__":
    sys.exit(main())
