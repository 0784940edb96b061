"""Kills a process at a file operation of its own choice, SQLite's or Python's."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults.cases import forked
from tests.faults.disk import OK, FileOperation, ObservedDisk, is_available

_EVENTS = ("open", "os.link", "os.rename", "os.remove", "os.chmod")
"""The audit events of Python's own operations on files."""


def deaths(folder: Path, work: Callable[[], object]) -> Iterator[int]:
    """Yield after each run of `work`, killed at its 1st, 2nd, … file operation in a folder.

    The last run survives. The caller puts the files back between the runs.
    """
    for point in count(1):
        ended = forked(lambda send, point=point: _until(point, folder, work))  # type: ignore[misc] # bound point
        assert not ended.error, ended.error
        yield point
        if not ended.was_killed:
            return


def _until(last: int, folder: Path, work: Callable[[], object]) -> None:
    reached = 0

    def reach() -> None:
        nonlocal reached
        reached += 1
        if reached == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def observer(operation: FileOperation) -> int:
        if operation.kind != "read":
            reach()
        return OK

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS and str(arguments[0]).startswith(str(folder)):
            reach()

    sys.addaudithook(hook)
    with ObservedDisk().observed(observer) if is_available() else nullcontext():
        work()
