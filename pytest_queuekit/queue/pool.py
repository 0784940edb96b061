"""A session for each thread, closed when the thread ends and renewed after a fork."""

from __future__ import annotations

import atexit
import os
import threading
import weakref

from . import schema
from .exceptions import QueueClosedError, QueueDatabaseError
from .forks import refuse_after_fork
from .migration import tables_replaceable
from .opening import MEMORY, OpenOptions, open_connection
from .session import Session, open_sessions
from .translation import translated


class _Anchor:
    """Lives as long as its thread; its end closes the thread's session."""


class SessionPool:
    """All sessions of one QueueDatabase.

    A database in memory has one session that all threads share.
    """

    def __init__(self, options: OpenOptions) -> None:
        self._options = options
        self._local = threading.local()
        self._guard = threading.Lock()
        self._open: dict[int, Session] = {}
        self._memory: Session | None = None
        self._closed = False
        self._pid = os.getpid()

    def get(self) -> Session:
        """Return this thread's session, opening it at first use. Raises QueueClosedError."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None or session.is_of_parent or self._closed:
            session = self._first_use()
        if session.conn.is_in_other_time():
            with translated(self._options.path), session.held():
                session.conn.follow_python()
        return session

    def close(self) -> None:
        """Close the sessions of all threads."""
        self._renew_guard()
        with self._guard:
            self._closed = True
        # An interrupted close() can be repeated: no session is forgotten before it is closed.
        for session in list(self._open.values()):
            session.close()
        self._open.clear()

    def close_own(self) -> None:
        """Close this thread's session; its next use opens another. Raises QueueClosedError."""
        if self._closed:
            raise QueueClosedError()
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            return
        if session.conn.in_transaction:
            raise QueueDatabaseError("this cannot run inside a transaction; call it outside")
        self._local.session = None
        session.close()
        self._open.pop(id(session), None)

    def _renew_guard(self) -> None:
        """In a forked child, replace the lock: a thread of the parent may have held it."""
        if self._pid != os.getpid():
            self._guard = threading.Lock()
            self._pid = os.getpid()

    def _first_use(self) -> Session:
        if self._closed:
            raise QueueClosedError()
        self._renew_guard()
        session = self._shared() if self._options.path == MEMORY else self._own()
        self._local.session = session
        return session

    def _own(self) -> Session:
        session = self._opened()
        try:
            anchor = _Anchor()
            weakref.finalize(anchor, _forget, self._open, session)
            self._local.anchor = anchor
        except BaseException:
            session.close()
            raise
        return session

    def _shared(self) -> Session:
        with self._guard:
            memory = self._memory
            if memory is None:
                memory = self._opened()
                weakref.finalize(self, memory.close)
                self._memory = memory
        if memory.conn.pid != os.getpid():
            raise QueueDatabaseError("a database in memory is not shared across a fork; use a file")
        return memory

    def _opened(self) -> Session:
        refuse_after_fork(self._options.path)
        session = None
        conn = open_connection(self._options)
        try:
            session = Session(
                conn,
                path=self._options.path,
                busy_seconds=self._options.busy_seconds,
                is_shared=self._options.path == MEMORY,
            )
            with translated(self._options.path):
                _ensure_schema(session)
                session.refuse_replaced()
            self._open[id(session)] = session
            if self._closed:  # by another thread in the meantime
                raise QueueClosedError()
        except BaseException:
            if session is not None:
                self._open.pop(id(session), None)
                session.close()
            conn.close()
            raise
        return session


def _ensure_schema(session: Session) -> None:
    if schema.schema_version(session.conn) < schema.SCHEMA_VERSION:
        with tables_replaceable(session.conn):
            session.write(lambda own: schema.create_schema(own.conn))


def _forget(sessions: dict[int, Session], session: Session) -> None:
    sessions.pop(id(session), None)
    session.close()


@atexit.register
def _leave_files_to_others() -> None:
    """Before the interpreter closes the connections that a program has left open."""
    for session in tuple(open_sessions):
        session.conn.leave_to_others()
