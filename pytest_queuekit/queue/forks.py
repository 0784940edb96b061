"""What a forked child does with the connections of its parent.

SQLite keeps the locks of a process in memory. While a connection of the parent is open in the
child, SQLite believes that the child already holds the parent's locks, so it takes no lock on the
child's behalf. The parent would then close the file as its last user and delete the log that the
child writes to. So the child closes the parent's connections before it opens its own. Closing an
idle connection has no effect on the parent.

A connection in the middle of a statement or a transaction cannot be closed: closing it commits
the statement, or undoes the transaction, in the parent's file. Then the child refuses the file.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress

from .exceptions import QueueDatabaseError
from .messages import shown_path
from .session import Session, in_files

_of_parent: list[Session] = []
"""Sessions of a parent that was using a file: closing them would interfere with its work."""


def refuse_after_fork(path: str) -> None:
    """Raise QueueDatabaseError if the parent was using this file during the fork."""
    if any(os.path.realpath(session.path) == os.path.realpath(path) for session in _of_parent):
        raise QueueDatabaseError(
            f"path={shown_path(path)}: this process was forked while its parent was in a "
            "transaction or a call on this file, so it cannot tell the parent's locks from its "
            "own; fork before or after, or start processes with 'spawn'"
        )


def _part_from_parent() -> None:
    """In a forked child, close the parent's connections, or disable them for ever."""
    inherited = list(in_files)
    in_files.clear()
    if not any(_is_under_way(session) for session in inherited):
        for session in inherited:
            session.conn.close_with_cursors()
        return
    _of_parent.extend(inherited)
    for session in inherited:
        _keep_for_ever(session.conn)
        # Another thread of the parent may have been inside SQLite, and left its mutex locked.
        if session.is_inside():
            session.conn.disable_in_child()


def _is_under_way(session: Session) -> bool:
    return session.conn.in_transaction or session.is_inside() or session.is_used_elsewhere()


def _keep_for_ever(conn: sqlite3.Connection) -> None:
    """Keep the interpreter's end from closing a connection."""
    with suppress(ImportError, AttributeError):  # other interpreters
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(conn))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_part_from_parent)
