"""What a forked child does with the connections of its parent.

SQLite keeps the locks of a process in memory. While a connection of the parent is open in the
child, SQLite believes that the child already holds the parent's locks, so it takes no lock on the
child's behalf. The parent would then close the file as its last user and delete the log that the
child writes to. So the child closes the parent's connections before it opens its own. Closing an
idle connection has no effect on the parent.

A connection in the middle of a statement or a transaction cannot be closed: closing it commits
the statement, or undoes the transaction, in the parent's file. Then the child refuses the file. A
connection that the queue does not know has the same effect, so the child also refuses a file that
a descriptor from before the fork still has open.
"""

from __future__ import annotations

import os
from contextlib import suppress

from .exceptions import QueueDatabaseError
from .files import Identity, identity, open_files
from .messages import shown_path
from .opening import MEMORY
from .session import Session, open_sessions

_of_parent: list[Session] = []
"""Sessions of a parent that was using a file: closing them would interfere with its work."""
_inherited: dict[int, Identity] = {}
"""The files that were open before the fork, by descriptor."""


def refuse_after_fork(path: str) -> None:
    """Raise QueueDatabaseError if this process shares SQLite's locks on a file with its parent."""
    if path == MEMORY:
        return
    if any(os.path.realpath(session.path) == os.path.realpath(path) for session in _of_parent):
        raise QueueDatabaseError(
            f"path={shown_path(path)}: this process was forked while its parent was in a "
            "transaction or a call on this file, so it cannot tell the parent's locks from its "
            "own; fork before or after, or start processes with 'spawn'"
        )
    if _inherited and _is_open_from_parent(path):
        raise QueueDatabaseError(
            f"path={shown_path(path)}: the parent of this process had a connection of its own, or "
            "another descriptor, open on this file during the fork, so SQLite would take no lock "
            "for this process; close it before the fork, or start processes with 'spawn'"
        )


def _is_open_from_parent(path: str) -> bool:
    with suppress(OSError):  # the file cannot be reached, or the open ones cannot be listed
        file = identity(path)
        now = open_files()
        for descriptor in [number for number in _inherited if _inherited[number] == file]:
            if now.get(descriptor) == file:
                return True
            del _inherited[descriptor]  # closed in the meantime
    return False


def _part_from_parent() -> None:
    """In a forked child, close the parent's connections, or disable them for ever."""
    for session in open_sessions:
        session.is_of_parent = True
    inherited = [session for session in open_sessions if not session.is_shared]
    open_sessions.clear()
    if any(_is_under_way(session) for session in inherited):
        _of_parent.extend(inherited)
        for session in inherited:
            session.conn.keep_for_ever()
            # Another thread of the parent may have been inside SQLite, and left its mutex locked.
            if session.is_inside() or session.conn.in_transaction:
                session.conn.disable_in_child()
    else:
        for session in inherited:
            session.conn.close_with_cursors()
    _remember_open_files()


def _is_under_way(session: Session) -> bool:
    return session.conn.in_transaction or session.is_inside() or session.is_used_elsewhere()


def _remember_open_files() -> None:
    _inherited.clear()
    with suppress(OSError):  # the system does not list them
        _inherited.update(open_files())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_part_from_parent)
