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
        command = [sys.executable, "-I", str(_STRANGER), world.location, str(self.seconds)]
        stranger = subprocess.Popen(  # noqa: S603 - this interpreter, our own file
            command, stdout=subprocess.PIPE, encoding="utf-8"
        )
        world.cleanup.callback(_end, stranger)
        with cast(IO[str], stranger.stdout) as answer:
            locked = answer.readline().strip()
        if locked != "locked":
            raise NotRunError(
                f"fault 'busy' could not lock an SQLite file at location={world.location!r}: "
                f"{locked or 'the queue has no SQLite file there'}",
                kind="unsupported",
            )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
