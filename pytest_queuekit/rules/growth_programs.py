"""The lives of tasks that leave nothing behind, and the program of a process that must not grow.

Another process can import the program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.memory import resident_bytes
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules import bodies
from pytest_queuekit.rules.steps import lasting, once, work

_TASKS = 750
"""Tasks that are enqueued and completed."""
_MOST = 4000
"""Tasks of a process that grows: a queue may keep the last thousand tasks, and no more."""
_LEAST = 200
"""Tasks after which the memory can be compared."""
_EACH = 10
"""Tasks between two purges."""
_BODY = 16_384
"""Bytes of a task."""
_PATIENCE = 15.0
"""Seconds of the real clock after which the rounds end, so that a slow disk is no hang."""

Life = Callable[[Recorder, Any], Delivery | None]
"""Enqueues a task with a body and completes it in the end; returns None if it does not come."""


def lives(worker: Recorder) -> Mapping[str, Life]:
    """Return the lives that a task can lead in a queue, each by what the task is first."""
    retry = worker.contract.retry
    returns = retry is not None and (worker.clock.virtual or not retry.wait(1)[1])
    return {
        "waiting": _wait,
        **({"released": _be_released} if worker.can(Capability.RELEASE) else {}),
        **({"dead": _die} if worker.can(*_DEADLY) else {}),
        **({"failed": _fail} if returns and worker.can(*_RETRIED) else {}),
    }


_DEADLY = (Capability.RETRY, Capability.SINGLE_ATTEMPT, Capability.REQUEUE)
_RETRIED = (Capability.RETRY, Capability.SECOND_ATTEMPT)


def _wait(worker: Recorder, body: Any) -> Delivery | None:
    worker.enqueue("task", body=body)
    return work(worker)


def _be_released(worker: Recorder, body: Any) -> Delivery | None:
    worker.enqueue("task", body=body)
    if delivery := worker.claim():
        worker.release(delivery)
    return work(worker)


def _die(worker: Recorder, body: Any) -> Delivery | None:
    worker.enqueue("task", body=body, **once(worker))
    if delivery := worker.claim():
        worker.fail(delivery)
    worker.requeue("task")
    return work(worker)


def _fail(worker: Recorder, body: Any) -> Delivery | None:
    worker.enqueue("task", body=body, **lasting(worker))
    if delivery := worker.claim():
        worker.fail(delivery)
    if retry := worker.contract.retry:
        worker.clock.wait(retry.wait(1)[1] + worker.contract.resolution)
    return work(worker)


def live_on(recorder: Recorder) -> None:
    """Let tasks lead their lives and purge them, and note the memory of this process.

    Raises NotRunError if too few tasks fit into the time.
    """
    body = bodies.large(recorder.contract.payload, _BODY)
    known = lives(recorder)
    until, sizes, number = time.monotonic() + _PATIENCE, [resident_bytes()], 0
    for lead in cycle(known.values()):
        if number >= (_MOST if _grows(sizes) else _TASKS) or time.monotonic() > until:
            break
        number += 1
        lead(recorder, body)
        if number % _EACH == 0 and recorder.purge():
            sizes.append(resident_bytes())
            recorder.note(memory=sizes[-1], written=number * _BODY // len(known))
    if number < _LEAST:
        raise NotRunError(
            f"only {number} tasks were completed within {_PATIENCE:g} s", kind="unmeasured"
        )


def _grows(sizes: Sequence[int]) -> bool:
    """Return True if a process is still growing."""
    return sizes[-1] > sizes[len(sizes) * 3 // 4]
