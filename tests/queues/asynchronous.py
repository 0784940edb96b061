"""A correct queue whose every method is async, as the client of a library with an event loop is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.verbs import METHODS
from tests.queues.small_sqlite import SmallSqliteQueue


async def turn_of_the_loop(library: str) -> None:
    """Let the other tasks of the loop run, as a call over a network would."""
    if library == "trio":
        import trio

        await trio.lowlevel.checkpoint()
    else:
        import asyncio

        await asyncio.sleep(0)


def _later(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def call(self: QueueAdapter, *args: Any, **options: Any) -> Any:
        await turn_of_the_loop(self.event_loop)
        result = method(self, *args, **options)
        await turn_of_the_loop(self.event_loop)
        return result

    return call


class AsyncQueue(SmallSqliteQueue):
    """The small queue, each of whose calls waits for its turn in the loop before and after."""

    name = "async-sqlite"

    def __init__(self, location: str) -> None:
        self.location = location

    async def open(self) -> None:
        """Connect, in the loop that also uses the connection."""
        await turn_of_the_loop(self.event_loop)
        super().__init__(self.location)


for _name in METHODS.keys() & vars(SmallSqliteQueue).keys() - {"__init__"}:
    setattr(AsyncQueue, _name, _later(vars(SmallSqliteQueue)[_name]))


class TrioQueue(AsyncQueue):
    """The same in an event loop of trio's."""

    name = "trio-sqlite"
    event_loop = "trio"


class UvloopQueue(AsyncQueue):
    """The same in an event loop of uvloop's."""

    name = "uvloop-sqlite"
    event_loop = "uvloop"
