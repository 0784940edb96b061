"""The actor is killed."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import NoReturn

from pytest_queuekit.execution.faults.fault import Fault, Surroundings


@dataclass(frozen=True, kw_only=True)
class Kill(Fault):
    """The actor's process is killed. An actor without a process of its own stops acting."""

    kind = "kill"

    def strike(self, world: Surroundings) -> None:
        """Kill the actor's own process, or else record a kill and end the program."""
        world.recorder.die()


def kill_process() -> NoReturn:
    """End this process at once: no `finally`, no flush. Windows has no SIGKILL."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    os._exit(signal.SIGTERM)
