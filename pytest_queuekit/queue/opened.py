"""Notices that another program deletes, replaces or moves a file while a connection uses it."""

from __future__ import annotations

import math
import os
import time
import weakref
from collections.abc import Callable

from .exceptions import QueueReplacedError
from .files import Identity, identity
from .messages import shown_path

CHECK_SECONDS = 0.001
"""Seconds between two checks of the -wal and the -shm. A check of a name takes 1 to 3 µs, and a
process that is started after the deletion takes longer to use the file."""

_of_process: set[weakref.ref[OpenedFile]] = set()
"""The files of this process's connections. An exception may keep a connection from its close(), so
these references let it die."""


class OpenedFile:
    """The file of a connection, and the names by which other processes reach it.

    path: the name of the file. opened: the file that it named when the connection was opened.
    """

    def __init__(self, path: str, opened: Identity) -> None:
        self._path = path
        self._opened = opened
        real = os.path.realpath(path)
        self._index = f"{real}-shm"
        self._beside: dict[str, Identity | None] = {f"{real}-wal": None, self._index: None}
        self._next_check = -math.inf
        self._is_released = False
        _of_process.add(weakref.ref(self))

    def refuse_replaced(self) -> None:
        """Raise QueueReplacedError if the name does not lead to the open file any more.

        Call this before a change counts as done: under the lock, or after an autocommit. Waiting
        for the lock may have taken as long as it takes to replace the file.
        """
        if identity(self._path) != self._opened:
            raise QueueReplacedError(
                f"path={shown_path(self._path)}: the file was deleted, replaced or moved while "
                f"in use{_obstacle(self._path)}; the change is not acknowledged. Close this "
                "QueueDatabase and open another"
            )

    def refuse_lost_files(self, elapsed: Callable[[], float] = time.perf_counter) -> None:
        """Raise QueueReplacedError if the -wal or the -shm was deleted or replaced.

        Call this before a commit. The locks are in the -shm: a process with another -shm would not
        notice this connection, and both would write to the same place in the -wal.
        """
        # A default value is out of reach of freezegun, which replaces the names of modules.
        now = elapsed()
        if now < self._next_check:
            return
        for path, first in self._beside.items():
            current = identity(path)
            known = self._beside[path] = first or self._known_here(path) or current
            if current != known:
                self.refuse_replaced()
                raise QueueReplacedError(self._loss(path))
        self._next_check = now + CHECK_SECONDS

    def has_other_index(self) -> bool:
        """Return True if another process has put a -shm of its own in place of the open one."""
        known, current = self._beside[self._index], identity(self._index)
        return not self._is_released and None not in (known, current) and current != known

    def release(self) -> None:
        """Forget the file. Call this before its connection is closed."""
        self._is_released = True

    def _known_here(self, path: str) -> Identity | None:
        """Return the file that this process has open; all its connections share the -shm."""
        for reference in tuple(_of_process):
            other = reference()
            if other is None or other._is_released:
                _of_process.discard(reference)
            elif other._opened == self._opened and other._beside.get(path):
                return other._beside[path]
        return None

    def _loss(self, path: str) -> str:
        loss = f"path={shown_path(path)}: the file was deleted or replaced while in use"
        if path == self._index:
            return (
                f"{loss}, so locks do not keep processes apart; the change is not acknowledged. "
                "End every process that uses the queue before you start them again"
            )
        return f"{loss}; close every QueueDatabase of this process, which saves the changes in it"


def _obstacle(path: str) -> str:
    """Return the reason why a path leads to no file, in brackets, or nothing if it leads to one."""
    try:
        os.stat(path)  # noqa: PTH116 - as in identity()
    except OSError as error:
        return f" ({error.strerror})"
    return ""
