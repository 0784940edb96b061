"""PostgresDatabase: one schema of a server, its connections, and transactions with clear errors."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

import psycopg

from ..blocks import block
from ..config import BUSY_SECONDS
from ..exceptions import (
    QueueBusyError,
    QueueCommitUnknownError,
    QueueDatabaseError,
    QueueInputError,
)
from ..inputs import check_whole
from ..messages import shown
from . import schema
from .address import read_address
from .connections import Connections
from .opening import FOR_OTHER_SQL, Limits, open_connection
from .session import Clock, Connection, Parameters, Session, Statements
from .translation import RETRIED, translate
from .waking import Waking

T = TypeVar("T")

MAX_CONNECTIONS = 10
"""Most connections of a process by default."""
STATEMENT_SECONDS = 60.0
"""Seconds after which the server cancels a statement by default."""
_ATTEMPTS = 5
"""How often a transaction runs that the server undoes because of a deadlock."""
_PAUSE = 0.02
"""Longest pause before the second attempt, in seconds; later ones are longer."""


class PostgresDatabase:
    """The queue's schema in a PostgreSQL database.

    url: postgresql://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME; other parameters are libpq's.
    busy_seconds: seconds to wait for a lock, or for a connection, before QueueBusyError.
    statement_seconds: seconds after which the server cancels a statement.
    max_connections: most connections of this process.
    clock: returns Unix seconds, in a schema made by testing.create_test_schema(). None: the time
        of the server.

    The first use connects and creates the schema and its tables. Threads may share one object.
    After a fork, the child opens its own connections.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_seconds: float = BUSY_SECONDS,
        statement_seconds: float = STATEMENT_SECONDS,
        max_connections: int = MAX_CONNECTIONS,
        clock: Clock | None = None,
    ) -> None:
        self.address = read_address(url)
        """The place of the queue; its text has no password."""
        self.schema = self.address.schema
        self.has_race = False
        """True once the indexes of weighted claims are known to exist."""
        limits = Limits(
            lock=_seconds("busy_seconds", busy_seconds),
            statement=_seconds("statement_seconds", statement_seconds),
        )
        self._clock = clock
        self._connections = Connections(
            lambda: open_connection(self.address, limits),
            limit=check_whole("max_connections", max_connections, 1, 1000),
            seconds=limits.lock,
        )
        self._waking = Waking(self._connections, lambda: f"queuekit_{self._oid}")
        self._open_blocks = threading.local()
        self._oid: int | None = None
        self._statements = Statements(self.schema)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: connections belong to a process, and the URL has a password."""
        raise TypeError("a PostgresDatabase cannot be pickled; open one in the other process")

    def __repr__(self) -> str:
        return f"PostgresDatabase({str(self.address)!r})"

    # -- for the caller's own SQL -------------------------------------------------------------

    @block
    def transaction(self) -> Generator[Connection, None, None]:
        """Yield a connection of psycopg inside a transaction; commit at the end of the block.

        An error rolls back. Calls of the queue in this thread take part in the transaction, and so
        does the caller's own SQL: a task appears together with the rows that it is about. Inside
        another transaction of the same thread, the inner transaction is a savepoint.
        """
        outer = self._own()
        if outer is not None:
            with self._translated(), outer.savepoint():
                yield outer.conn
            return
        self._make_ready()
        with self._transaction() as session:
            session.run(FOR_OTHER_SQL)
            yield session.conn

    def initialize_schema(self) -> None:
        """Create the schema and its tables if they are missing. Safe to call again."""
        self._oid, self.has_race = None, False
        self._make_ready()

    def close(self) -> None:
        """Close the connections. Later use raises QueueClosedError."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- for the modules of the queue ---------------------------------------------------------

    @property
    def lock_number(self) -> int:
        """The number of the queue's advisory locks: that of its schema."""
        self._make_ready()
        return (self._oid or 0) - 2**31  # unsigned in the catalogue, signed in the locks

    def listening(self) -> AbstractContextManager[Callable[[float], None]]:
        """Return a block with a function that waits for the next wake-up, at most so long."""
        self._make_ready()
        return self._waking.listening()

    def wake_workers(self) -> None:
        """Wake the workers that wait: now, or when this thread's transaction is committed."""
        if self._own() is None:
            self._waking.notify()
        else:
            self._open_blocks.wakes = True

    def read(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT; a lost connection is replaced once."""
        return self._alone(lambda session: session.run(sql, parameters), repeats=True)

    def run(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Run one statement in its own transaction, or in this thread's; return its rows."""
        return self._alone(lambda session: session.run(sql, parameters))

    def change(self, sql: str, parameters: Parameters = None) -> int:
        """Run one statement likewise; return the number of rows that it changed."""
        return self._alone(lambda session: session.change(sql, parameters))

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction; all of it applies, or nothing. It may run again."""
        outer = self._own()
        if outer is not None:
            with self._translated(), outer.savepoint():
                return work(outer)
        self._make_ready()

        def whole() -> T:
            with self._transaction() as session:
                return work(session)

        return _persist(whole)

    def _alone(self, work: Callable[[Session], T], *, repeats: bool = False) -> T:
        """Run a statement in autocommit, or in this thread's transaction."""
        outer = self._own()
        if outer is not None:
            with self._translated():
                return work(outer)
        self._make_ready()
        return _persist(lambda: self._autocommit(work, repeats=repeats))

    def _autocommit(self, work: Callable[[Session], T], *, repeats: bool) -> T:
        while True:
            conn = self._connections.take()
            try:
                return work(self._session(conn))
            except psycopg.Error as error:
                if not conn.broken:
                    raise translate(error, self.address) from error
                if not repeats:
                    raise self._unknown(error) from error
                repeats = False
            finally:
                self._connections.give_back(conn)

    @block
    def _transaction(self) -> Generator[Session, None, None]:
        conn = self._connections.take()
        session = self._session(conn)
        try:
            conn.execute("BEGIN")
            self._open_blocks.session = session
            yield session
            self._commit(conn)
        except BaseException as error:
            self._open_blocks.wakes = False
            self._roll_back(session)
            if isinstance(error, psycopg.Error):
                raise translate(error, self.address) from error
            raise
        finally:
            self._open_blocks.session = None
            self._connections.give_back(conn)
        if getattr(self._open_blocks, "wakes", False):
            self._open_blocks.wakes = False
            self._waking.notify()

    def _commit(self, conn: Connection) -> None:
        try:
            answer = conn.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            if conn.broken:
                raise self._unknown(error) from error
            raise
        if answer != "COMMIT":
            raise QueueDatabaseError(
                "an error inside the block had undone its transaction, so nothing was changed; let "
                "the error leave the block"
            )

    @staticmethod
    def _roll_back(session: Session) -> None:
        conn = session.conn
        if conn.closed or conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            return
        try:
            conn.execute("ROLLBACK")
        except psycopg.Error:
            conn.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise translate(error, self.address) from error

    def _own(self) -> Session | None:
        """Return the session of the block that this thread is in."""
        session: Session | None = getattr(self._open_blocks, "session", None)
        return session

    def _session(self, conn: Connection) -> Session:
        return Session(conn, self._statements, self._clock)

    def _unknown(self, error: psycopg.Error) -> QueueCommitUnknownError:
        reason = self.address.without_password(str(error))
        return QueueCommitUnknownError(f"{self.address}: {QueueCommitUnknownError()} ({reason})")

    def _make_ready(self) -> None:
        """Create the tables if they are missing, on the first use."""
        if self._oid is not None:
            return
        with self._transaction() as session:
            # The clock of a schema made for tests is unknown so far.
            first = Session(session.conn, Statements(self.schema), None)
            found = schema.find(first, self.schema)
            if not found.version:
                schema.create(
                    Session(
                        session.conn,
                        Statements(self.schema, has_test_clock=found.has_test_clock),
                        None,
                    ),
                    self.schema,
                )
                found = schema.find(first, self.schema)
        if self._clock is not None and not found.has_test_clock:
            raise QueueInputError(
                f"clock={shown(self._clock)}: the times of a queue are the server's; only a schema "
                "made by create_test_schema() follows another clock"
            )
        self._statements = Statements(self.schema, has_test_clock=found.has_test_clock)
        self._oid = found.oid


def _persist(work: Callable[[], T]) -> T:
    """Run `work` again after a deadlock, which the server has undone."""
    pauses = random.Random()  # noqa: S311 - spreads the attempts, no secret
    for attempt in range(1, _ATTEMPTS):
        try:
            return work()
        except QueueBusyError as error:
            if not isinstance(error.__cause__, RETRIED):
                raise
            time.sleep(pauses.uniform(0, _PAUSE * attempt))
    return work()


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.001 <= value <= 3600:
        raise QueueInputError(f"{name}={shown(value)}: must be a number from 0.001 to 3600")
    return float(value)
