"""A stranger holds the queue's write lock, and the history shows for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.busy import end_stranger, stranger_with_lock
from pytest_queuekit.model.history import Operation, Outcome, Verb

_STRANGER = "stranger"


@contextmanager
def locked(env: Environment, most: float) -> Iterator[None]:
    """Let another process hold the write lock of the queue's SQLite files during the block.

    The recorded lock lies within the real one.

    most: seconds after which the lock ends in any case.

    Raises NotRunError if the queue has no SQLite file.
    """
    stranger = stranger_with_lock(env.location, most)
    begun = Operation(
        number=env.log.next(_STRANGER),
        actor=_STRANGER,
        verb=Verb.LOCK,
        start=env.clock.now(),
        end=None,
        outcome=Outcome.UNKNOWN,
    )
    env.log(begun)
    try:
        yield
    finally:
        env.log(replace(begun, end=env.clock.now(), outcome=Outcome.OK))
        end_stranger(stranger)
