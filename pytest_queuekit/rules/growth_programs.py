"""The program of a process that must not grow, importable by that process."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.memory import resident_bytes
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules import bodies
from pytest_queuekit.rules.steps import work

_ROUNDS = 1000
"""Rounds from an enqueue to a completion."""
_MOST = 4000
"""Rounds of a process that grows: a queue may keep the last thousand tasks, and no more."""
_LEAST = 300
"""Rounds after which the memory can be compared."""
_EACH = 10
"""Rounds between two purges."""
_BODY = 4096
"""Bytes of a task."""
_PATIENCE = 15.0
"""Seconds of the real clock after which the rounds end, so that a slow disk is no hang."""


def live_on(recorder: Recorder) -> None:
    """Enqueue, complete and purge tasks, and note the memory of this process.

    Raises NotRunError if too few rounds fit into the time.
    """
    body = bodies.megabyte(recorder.contract.payload)[:_BODY]
    until, sizes, number = time.monotonic() + _PATIENCE, [resident_bytes()], 0
    while number < (_MOST if _grows(sizes) else _ROUNDS) and time.monotonic() < until:
        number += 1
        recorder.enqueue("task", body=body)
        work(recorder)
        if number % _EACH == 0 and recorder.purge():
            sizes.append(resident_bytes())
            recorder.note(memory=sizes[-1], written=number * _BODY)
    if number < _LEAST:
        raise NotRunError(
            f"only {number} tasks were completed within {_PATIENCE:g} s", kind="unmeasured"
        )


def _grows(sizes: Sequence[int]) -> bool:
    """Return True if a process is still growing."""
    return sizes[-1] > sizes[len(sizes) * 3 // 4]
