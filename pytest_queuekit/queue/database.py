"""QueueDatabase: one file, a connection for each thread, transactions with clear errors."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn, Self, TypeVar

from . import schema
from .blocks import block
from .clock import Clock, floor_text, system_clock
from .config import BUSY_SECONDS, ensure_db_directory, get_default_db_path
from .exceptions import QueueDatabaseError, QueueInputError
from .inputs import check_path
from .messages import shown, shown_path
from .opening import MEMORY, OpenOptions
from .pool import SessionPool
from .session import Answer, Parameters, Session, all_rows, changed_rows, new_id
from .translation import not_storable, translate, translated

T = TypeVar("T")
Read = Callable[..., list[tuple[Any, ...]]]


class QueueDatabase:
    """The queue's database.

    path: the file; ':memory:' for a database in memory, shared by the threads of this object;
        None for get_default_db_path(), in a folder that is created if missing.
    clock: returns Unix seconds; the SQL date functions of the connections follow it, so tests
        need not sleep. None: the system clock.
    synchronous: "NORMAL": a killed process loses no commit, but a power cut may lose the newest
        ones. "FULL": a power cut loses none either, but commits are slower.
    busy_seconds: seconds to wait for a lock before QueueBusyError.
    on_connect: called with each new connection before its first use.

    The first use opens the file and creates the schema. Threads may share one object. After a
    fork, the child opens its own connections; it raises QueueDatabaseError if the fork came in
    the middle of a transaction or of another thread's call.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        clock: Clock | None = None,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        busy_seconds: float = BUSY_SECONDS,
        on_connect: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:
        self.path = _place_of(path)
        """The absolute path of the file, or ':memory:', as text."""
        self.busy_seconds = _checked_busy_seconds(busy_seconds)
        """Seconds to wait for a lock."""
        self._clock = clock or system_clock
        self._pool = SessionPool(
            OpenOptions(
                path=self.path,
                clock=clock,
                synchronous=_checked_synchronous(synchronous),
                busy_seconds=self.busy_seconds,
                on_connect=on_connect,
            )
        )

    @property
    def db_path(self) -> Path:
        """The same path as a Path."""
        return Path(self.path)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: connections belong to a process."""
        raise TypeError(
            f"a QueueDatabase cannot be pickled; pass path={shown_path(self.path)} to the other "
            "process, and open QueueDatabase(path) there"
        )

    # -- for the caller's own SQL -------------------------------------------------------------

    @block
    def connection(self) -> Generator[sqlite3.Connection, None, None]:
        """Yield this thread's connection in autocommit, for reads, VACUUM and PRAGMAs.

        A write commits by itself. Raises QueueDatabaseError or a subclass.
        """
        session = self._pool.get()
        with translated(self.path), session.held():
            if session.conn.in_transaction:
                yield session.conn
                return
            session.refuse_replaced()
            with session.lent(), session.conn.counted():
                try:
                    yield session.conn
                    _refuse_open_transaction(session)
                except BaseException:
                    session.roll_back()
                    raise
                session.refuse_replaced()

    @block
    def transaction(self) -> Generator[sqlite3.Connection, None, None]:
        """Yield this thread's connection with the write lock held; commit at the end.

        An error rolls back. Inside another transaction of the same thread, the inner transaction
        is a savepoint. Raises QueueBusyError if the lock stays taken, and QueueDatabaseError or
        a subclass for other errors of SQLite.
        """
        session = self._pool.get()
        with translated(self.path), session.held():
            if session.conn.in_transaction:
                with session.savepoint():
                    yield session.conn
                return
            with session.conn:
                session.begin()
                session.wait_by_sqlite()
                with session.conn.whole(), session.conn.counted():
                    yield session.conn
                session.refuse_replaced()

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run one statement in autocommit, or in this thread's open transaction.

        A statement with RETURNING ends, and commits, before this call returns.
        """
        session = self._pool.get()
        was_open = session.conn.in_transaction
        try:
            with translated(self.path), session.held():
                session.refuse_replaced()
                session.wait_by_sqlite()
                cursor = session.conn.execute(sql, parameters)
                session.refuse_replaced()
                return cursor
        except BaseException:
            if not was_open:
                session.roll_back()
            raise

    def execute_many(self, sql: str, params: Iterable[Any]) -> None:
        """Run one statement for each set of parameters, all in one transaction or none."""
        with self.transaction() as conn:
            conn.executemany(sql, params)

    def get_connection(self) -> sqlite3.Connection:
        """Return this thread's connection in autocommit, for code that keeps a connection.

        Each write commits by itself; commit() does no harm. Errors are those of sqlite3. Prefer
        connection() and transaction(), which raise the queue's errors and leave nothing open.
        Raises QueueReplacedError if the file was deleted, replaced or moved before this call.
        """
        session = self._pool.get()
        session.refuse_replaced()
        session.lend()
        return session.conn

    def initialize_schema(self) -> None:
        """Create the missing tables, indexes and triggers. Safe to call again."""
        self.write(lambda session: schema.create_schema(session.conn))

    def close(self) -> None:
        """Close the connections of all threads. Later use raises QueueClosedError.

        A thread inside a call or a `with` block closes its own connection at the end of it.
        """
        with translated(self.path):
            self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"QueueDatabase({self.path!r})"

    # -- for the modules of the queue ---------------------------------------------------------

    def now(self) -> float:
        """Return the time of this queue in Unix seconds."""
        return self._clock()

    def now_text(self) -> str:
        """Return the time of this queue as text, in the form of the columns."""
        return floor_text(self._clock())

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` under the write lock; all of it applies, or nothing."""
        session = self._pool.get()
        try:
            return session.write(work)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            session.refuse_in_child(error)
            raise self._translated(error) from error
        except OverflowError as error:
            raise not_storable(error) from error

    def autocommit(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Run one statement in its own transaction and return all its rows.

        parameters: or a function that returns them; see Session.autocommit().
        """
        return self._autocommit(sql, parameters, all_rows)

    def change(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement in its own transaction; return the number of rows it changed."""
        return self._autocommit(sql, parameters, changed_rows)

    def insert(self, sql: str, parameters: Parameters = ()) -> int | None:
        """Insert one row in its own transaction; return its id, or None without a new row."""
        return self._autocommit(sql, parameters, new_id)

    def _autocommit(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        session = self._pool.get()
        try:
            return session.autocommit(sql, parameters, answer)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            session.refuse_in_child(error)
            raise self._translated(error) from error
        except OverflowError as error:
            raise not_storable(error) from error

    def end_own_connection(self) -> None:
        """Close this thread's connection; the next use opens another."""
        self._pool.close_own()

    @block
    def snapshot(self) -> Generator[Read, None, None]:
        """Yield a function that runs SELECTs; all of them see the same moment."""
        session = self._pool.get()
        with translated(self.path), session.held():
            if session.conn.in_transaction:
                yield session.run
                return
            with session.conn:
                session.run("BEGIN")
                yield session.run

    def _translated(self, error: sqlite3.Error | UnicodeDecodeError) -> QueueDatabaseError:
        return error if isinstance(error, QueueDatabaseError) else translate(error, self.path)


def _refuse_open_transaction(session: Session) -> None:
    if session.conn.in_transaction:
        raise QueueDatabaseError(
            "a connection() block left a transaction open, so it was rolled back; "
            "write inside transaction(), or commit"
        )


def checked_database(db: QueueDatabase) -> QueueDatabase:
    """Return a QueueDatabase. Raises QueueInputError for a path or a connection."""
    if not hasattr(db, "transaction"):  # the class of another copy of the queue may do
        raise QueueInputError(f"db={shown(db)}: must be a QueueDatabase; pass QueueDatabase(path)")
    return db


def _place_of(path: str | os.PathLike[str] | None) -> str:
    if path is None:
        default = get_default_db_path()
        ensure_db_directory(default)
        return str(default)
    return MEMORY if path in (MEMORY, Path(MEMORY)) else check_path(path)


def _checked_synchronous(value: str) -> str:
    if value not in ("NORMAL", "FULL"):
        raise QueueInputError(f"synchronous={shown(value)}: must be 'NORMAL' or 'FULL'")
    return value


def _checked_busy_seconds(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise QueueInputError(f"busy_seconds={shown(value)}: must be a number from 0 to 3600")
    return float(value)
