"""How long a transaction is held, without the time for which the machine let its thread wait."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

from pytest_queuekit.watch.notebook import Where

LIMIT = 0.050
"""Seconds for which a transaction may be held."""

_SCHEDULER = "/proc/thread-self/schedstat"
_READ = 128


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A transaction that is open.

    where: the line that began it, if one is known. test: the node id meanwhile.
    """

    where: Where | None
    test: str
    begun: float
    waited: float
    thread: int

    @classmethod
    def begin(cls, where: Where | None, test: str) -> Holding:
        """Start to measure."""
        return cls(
            where=where,
            test=test,
            waited=run_queue_seconds(),
            thread=threading.get_ident(),
            begun=time.perf_counter(),
        )

    def seconds(self) -> float:
        """Return how long it has been held by now."""
        held = time.perf_counter() - self.begun
        if held < LIMIT or self.thread != threading.get_ident():
            return held
        return held - (run_queue_seconds() - self.waited)


def run_queue_seconds() -> float:
    """Return for how long this thread could have run and was not let; 0 where nobody counts it."""
    try:
        descriptor = os.open(_SCHEDULER, os.O_RDONLY)
    except OSError:
        return 0.0
    try:
        return int(os.read(descriptor, _READ).split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
    finally:
        os.close(descriptor)
