"""Notices that another program deletes, replaces or moves a file while a connection uses it."""

from __future__ import annotations

import os

from .exceptions import QueueReplacedError
from .files import Identity, identity
from .messages import shown_path

LOG_EVERY = 64
"""Checks of the file until the -wal is checked too. Each check of a name takes about 2 µs."""


class OpenedFile:
    """The file of a connection, and the names by which other processes reach it.

    path: the name of the file. opened: the file that it named when the connection was opened.
    """

    def __init__(self, path: str, opened: Identity) -> None:
        self._path = path
        self._opened = opened
        self._log_path = f"{os.path.realpath(path)}-wal"
        self._log: Identity | None = None
        self._checks = 0

    def refuse_replaced(self) -> None:
        """Raise QueueReplacedError if a name does not lead to the open file any more.

        Call this before a change counts as done: under the lock, or after an autocommit. Waiting
        for the lock may have taken as long as it takes to replace the file.
        """
        if identity(self._path) != self._opened:
            raise QueueReplacedError(
                f"path={shown_path(self._path)}: the file was deleted, replaced or moved while "
                f"in use{_obstacle(self._path)}; the change is not acknowledged. Close this "
                "QueueDatabase and open another"
            )
        if not self._checks % LOG_EVERY:
            self._refuse_lost_log()
        self._checks += 1

    def _refuse_lost_log(self) -> None:
        # The connection has read, so its -wal exists, and stays the same until it closes.
        log = identity(self._log_path)
        if self._log is None:
            self._log = log
        elif log != self._log:
            raise QueueReplacedError(
                f"path={shown_path(self._log_path)}: the file was deleted or replaced while in "
                "use; close every QueueDatabase of this process, which saves the changes in it"
            )


def _obstacle(path: str) -> str:
    """Return the reason why a path leads to no file, in brackets, or nothing if it leads to one."""
    try:
        os.stat(path)  # noqa: PTH116 - as in identity()
    except OSError as error:
        return f" ({error.strerror})"
    return ""
