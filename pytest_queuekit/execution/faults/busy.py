"""A process from outside the run holds the queue's write lock."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.faults.fault import Fault, Surroundings

_STRANGER = Path(__file__).with_name("stranger.py")


@dataclass(frozen=True, kw_only=True)
class Busy(Fault):
    """Another process holds the write lock of the queue's SQLite files, by the real clock.

    seconds: how long; the lock ends with the actor's program, if that comes first.
    """

    kind = "busy"
    seconds: float

    def strike(self, world: Surroundings) -> None:
        """Return when the other process has the lock. Raises NotRunError if it gets none."""
        stranger = stranger_with_lock(world.location, self.seconds)
        world.cleanup.callback(end_stranger, stranger)


def stranger_with_lock(location: str, seconds: float) -> subprocess.Popen[str]:
    """Return a process that holds the write lock of the SQLite files at a location.

    Raises NotRunError if it gets none.
    """
    command = [sys.executable, "-I", str(_STRANGER), location, str(seconds)]
    stranger = subprocess.Popen(  # noqa: S603 - this interpreter, our own file
        command, stdout=subprocess.PIPE, encoding="utf-8"
    )
    with cast(IO[str], stranger.stdout) as answer:
        locked = answer.readline().strip()
    if locked == "locked":
        return stranger
    end_stranger(stranger)
    raise NotRunError(
        f"fault 'busy' could not lock an SQLite file at location={location!r}: "
        f"{locked or 'the queue has no SQLite file there'}",
        kind="unsupported",
    )


def end_stranger(process: subprocess.Popen[str]) -> None:
    """End the process, and with it the lock."""
    process.kill()
    process.wait()
