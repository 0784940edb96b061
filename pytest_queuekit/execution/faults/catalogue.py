"""All faults, and how they travel to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.faults.busy import Busy
from pytest_queuekit.execution.faults.clock_step import ClockStep
from pytest_queuekit.execution.faults.connection_lost import ConnectionLost
from pytest_queuekit.execution.faults.disk_full import DiskFull
from pytest_queuekit.execution.faults.fault import Fault
from pytest_queuekit.execution.faults.kill import Kill
from pytest_queuekit.execution.faults.pause import Pause

FAULTS: tuple[type[Fault], ...] = (
    Kill,
    Pause,
    DiskFull,
    Busy,
    ClockStep,
    ConnectionLost,
)


def pack(fault: Fault) -> dict[str, Any]:
    """Return a fault as data for JSON."""
    return {"kind": fault.kind, **asdict(fault)}


def unpack(data: Mapping[str, Any]) -> Fault:
    """Return the fault that `pack` was given. Raises UsageError for anything else."""
    fields = dict(data)
    kinds = {fault.kind: fault for fault in FAULTS}
    try:
        return kinds[fields.pop("kind")](**fields)
    except (KeyError, TypeError) as error:
        raise UsageError(f"no such fault: {dict(data)!r} (known: {', '.join(kinds)})") from error
