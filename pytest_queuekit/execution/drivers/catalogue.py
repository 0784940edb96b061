"""All drivers that a rule can name without further arguments."""

from __future__ import annotations

from pytest_queuekit.execution.drivers.interleaved import Interleaved
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.scenario import Driver

DRIVERS: tuple[Driver, ...] = (
    Sequence(),
    Threads(),
    Processes(),
    Interleaved(),
)
