"""One connection in use: runs the queue's statements and savepoints."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Mapping
from typing import Any

import psycopg

from ..blocks import block
from ..exceptions import QueueDatabaseError
from .statements import PRODUCTION_CLOCK, TEST_CLOCK, filled

Connection = psycopg.Connection[tuple[Any, ...]]
Parameters = Mapping[str, Any] | None
Clock = Callable[[], float]
"""Returns Unix time in seconds."""

_SET_CLOCK = b"SELECT set_config('queuekit.test_now', %s, false)"


class Statements:
    """The statements of one schema, filled in once."""

    def __init__(self, schema: str, *, has_test_clock: bool = False) -> None:
        self._schema = schema
        self._now = TEST_CLOCK if has_test_clock else PRODUCTION_CLOCK
        self._filled: dict[str, bytes] = {}

    def __getitem__(self, template: str) -> bytes:
        statement = self._filled.get(template)
        if statement is None:
            statement = filled(template, schema=self._schema, now=self._now)
            self._filled[template] = statement
        return statement


class Session:
    """A connection and the statements of its schema.

    clock: sets the time of a schema made for tests before each statement.
    """

    def __init__(self, conn: Connection, statements: Statements, clock: Clock | None) -> None:
        self.conn = conn
        self.pid = os.getpid()
        self._statements = statements
        self._clock = clock

    def run(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""
        return self._execute(sql, parameters).fetchall()

    def change(self, sql: str, parameters: Parameters = None) -> int:
        """Run one statement and return the number of rows that it changed."""
        return self._execute(sql, parameters).rowcount

    def _execute(self, sql: str, parameters: Parameters) -> psycopg.Cursor[tuple[Any, ...]]:
        if self.pid != os.getpid():
            raise QueueDatabaseError(
                "os.fork() was called inside a `with` block or a call of the queue. The block is "
                "the parent's; leave it before the fork, or end the child with os._exit()"
            )
        if self._clock is not None:
            # Rounded: a float of seconds may lie slightly below the microsecond it stands for.
            moment = math.floor(round(self._clock() * 1e6, 1))
            self.conn.execute(_SET_CLOCK, (str(moment),))
        return self.conn.execute(self._statements[sql], parameters)

    @block
    def savepoint(self) -> Generator[None, None, None]:
        """On an error, undo the block but not the transaction around it."""
        with self.conn.transaction():
            yield
