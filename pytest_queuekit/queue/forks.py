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
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from .connection import QueueCursor
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
    """In a forked child, close the parent's connections, or give them up for ever."""
    sessions = list(open_sessions)
    open_sessions.clear()
    for session in sessions:
        session.is_of_parent = True
    under_way = [session for session in sessions if _is_under_way(session)]
    of_files = [session for session in sessions if not session.is_shared]
    if any(not session.is_shared for session in under_way):
        _of_parent.extend(of_files)
        under_way += of_files
    else:
        for session in of_files:
            session.conn.close_with_cursors()
    for session in under_way:
        session.conn.leave_to_parent()
    _remember_open_files()
    _end_inside_sqlite()


def _is_under_way(session: Session) -> bool:
    return session.conn.in_transaction or session.is_inside() or session.is_used_elsewhere()


def _remember_open_files() -> None:
    _inherited.clear()
    with suppress(OSError):  # the system does not list them
        _inherited.update(open_files())


def _own_under_way() -> list[Session]:
    """Return the sessions that this thread is in the middle of using.

    Those of other threads must wait: SQLite's mutex of their connections may be locked.
    """
    return [
        session
        for session in list(open_sessions)
        if session.is_inside()
        or (session.thread == threading.get_ident() and session.conn.in_transaction)
    ]


def _before_fork() -> None:
    for session in _own_under_way():
        session.conn.before_fork()


def _after_fork_in_parent() -> None:
    for session in _own_under_way():
        session.conn.after_fork_in_parent()


# -- forks in a function that SQL calls --------------------------------------------------------

_RUN_STATEMENTS = {function.__code__.co_filename for function in (Session.run, QueueCursor.execute)}
"""The files with the code that runs statements, in which SQLite may call Python."""


def _end_inside_sqlite() -> None:
    """If a function that SQL called has forked, end this child when that function returns.

    SQLite would wait for ever for the mutex of the connection, which a thread of the parent
    holds. Until then the child may do anything else, such as os.execv() or os._exit().
    """
    function: FrameType | None = None
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename not in _RUN_STATEMENTS:
        function, frame = frame, frame.f_back
    if frame is None or (function is not None and _interrupts(function, frame)):
        return
    if function is None:
        _end()

    def end_at_return(returning: FrameType, event: str, _: object) -> None:
        if returning is function and event == "return":
            _end()

    sys.setprofile(end_at_return)


def _interrupts(function: FrameType, frame: FrameType) -> bool:
    """Return True if a function is a handler that Python called between two bytecodes.

    Python gives the interrupted frame to a handler of a signal; SQL cannot give one.
    """
    values = list(function.f_locals.values())
    values += [item for value in values if isinstance(value, tuple) for item in value]
    return any(value is frame for value in values)


def _end() -> NoReturn:
    os.write(
        2,
        b"QueueDatabaseError: os.fork() was called inside a function that SQL calls, and the child "
        b"returned from that function. SQLite cannot go on there, so the child was ended with "
        b"status 1; end it with os._exit(), or fork outside the statement\n",
    )
    os._exit(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_part_from_parent,
    )
