"""Runs a change of many tasks in short transactions, and counts the tasks if an error stops it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from .exceptions import QueueDatabaseError

S = TypeVar("S")
"""The session of an engine, with which a step runs its statements."""


class Chunks(Generic[S]):
    """The transactions of one call. An error that leaves the `with` block says how many are done.

    write: runs a step in a transaction of its own.
    call: the call, for messages.
    done: tasks that the committed transactions changed.
    """

    def __init__(self, write: Callable[[Callable[[S], int]], int], call: str) -> None:
        self._write = write
        self._call = call
        self.done = 0

    def repeat(self, step: Callable[[S], int], size: int) -> int:
        """Run `step` until it changes fewer than `size` tasks; return how many it changed."""
        total = 0
        while True:
            count = self._write(step)
            self.done += count
            total += count
            if count < size:
                return total

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, QueueDatabaseError):
            error.done = self.done
        if error is None or not self.done:
            return
        sentence = f"{self._call} stopped after {self.done} tasks; call it again for the rest"
        if isinstance(error, QueueDatabaseError):
            cause = str(error).replace("nothing was changed", "this step changed nothing")
            error.args = (f"{sentence}. {cause}",)
        else:
            error.add_note(sentence)
