"""The disk is full."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pytest_queuekit.execution.faults.fault import Fault, Setting, Surroundings


@dataclass(frozen=True, kw_only=True)
class DiskFull(Fault):
    """The actor's process cannot write past a size in any file (RLIMIT_FSIZE): writes fail.

    size: that size, in bytes; with 0, every write to a file fails.
    """

    kind = "disk-full"
    size: int = 0

    def obstacle(self, setting: Setting) -> str:
        """Return why the fault cannot strike: no such limit, or it would affect other actors."""
        if sys.platform == "win32":
            return "needs RLIMIT_FSIZE, which this system does not have"
        return "" if setting.own_process else "needs an actor with a process of its own"

    def strike(self, world: Surroundings) -> None:
        """Set the limit for the calls on the queue, and lift it for writes to the history."""

        @contextmanager
        def lifted() -> Iterator[None]:
            _limit_files(None)
            yield
            _limit_files(self.size)

        world.spare_log = lifted
        world.cleanup.callback(_limit_files, None)
        _limit_files(self.size)


def _limit_files(size: int | None) -> None:
    """Set the limit of this process, in bytes; None for as much as it may have."""
    import resource  # Windows does not have it

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))
