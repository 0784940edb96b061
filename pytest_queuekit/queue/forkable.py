"""A connection that a forked child of its process can neither use nor close.

The child has a copy of the connection in the middle of its parent's work. It must not even ask
SQLite to refuse: if the fork came inside a statement, SQLite's mutex of the connection is locked
in the child for ever. So the parent denies the child's statements before the fork, and the child
refuses them in Python.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from contextlib import suppress
from typing import Any

from .exceptions import QueueDatabaseError

_MANY = 64
"""References to cursors, dead ones included, before the dead ones are dropped."""


class ForkableConnection(sqlite3.Connection):
    """A connection that knows its process and its cursors."""

    _is_of_parent = False
    _authorizer: Any = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._cursors: list[weakref.ref[sqlite3.Cursor]] = []
        self.pid = os.getpid()
        super().__init__(*arguments, **options)

    def remember(self, cursor: sqlite3.Cursor) -> None:
        """Add a cursor to live_cursors()."""
        # Not a WeakSet: its callbacks, in Python, would swallow an exception that a signal raises.
        if len(self._cursors) >= _MANY:
            self._cursors = [known for known in self._cursors if known() is not None]
        self._cursors.append(weakref.ref(cursor))

    def live_cursors(self) -> list[sqlite3.Cursor]:
        """Return the cursors of this connection that something refers to."""
        return [cursor for reference in self._cursors if (cursor := reference()) is not None]

    def keep_for_ever(self) -> None:
        """Keep the end of the interpreter from closing the connection, or a statement of it."""
        with suppress(ImportError, AttributeError):  # other interpreters
            import ctypes

            for thing in (self, *self.live_cursors()):
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))

    def set_authorizer(self, authorizer_callback: Any) -> None:
        """Set the function that allows or denies the parts of a statement."""
        self._authorizer = authorizer_callback
        super().set_authorizer(authorizer_callback)

    def before_fork(self) -> None:
        """Deny all statements to children, COMMIT and ROLLBACK included."""
        parent, authorizer = os.getpid(), self._authorizer

        def authorize(*action: Any) -> int:
            if os.getpid() != parent:
                return sqlite3.SQLITE_DENY
            return sqlite3.SQLITE_OK if authorizer is None else int(authorizer(*action))

        super().set_authorizer(authorize)

    def after_fork_in_parent(self) -> None:
        """Restore the authorizer of the caller."""
        super().set_authorizer(self._authorizer)

    def leave_to_parent(self) -> None:
        """In a forked child, give up a connection that its parent is using."""
        self._is_of_parent = True
        self.keep_for_ever()
        self.interrupt()

    def refuse_in_child(self) -> None:
        """Raise QueueDatabaseError in a forked child that has left the connection to its parent."""
        if self._is_of_parent:
            raise QueueDatabaseError(
                "os.fork() was called inside a `with` block or a call of the queue, so this "
                "connection is the parent's; fork outside the block, or end the child with "
                "os._exit()"
            )
