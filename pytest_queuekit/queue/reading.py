"""Reads a database without changing it: not its -wal or -journal, and nothing beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import sys
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

from .blocks import block, closing
from .exceptions import QueuePathError
from .files import LOGS, identity, open_files, siblings, uri_of
from .messages import shown_path
from .translation import refused

if sys.platform != "win32":
    import fcntl

# Bytes that SQLite locks (os.h and os_unix.c): PENDING to SHARED of a database, and those of the
# readers, writers and users of a -shm.
_LOCKED_BYTES = {"": (0x40000000, 512), "-shm": (120, 9)}
_FLOCK = {"linux": ("hhlli", 0), "darwin": ("qqihh", 3)}
"""Format of struct flock, and the index of its l_type."""


@block
def reading(path: str, *, patience: float) -> Generator[sqlite3.Connection, None, None]:
    """Yield a connection for reading a database, which may be read-only or left by a crash.

    Files beside the database are in use, or a killed process left them. A connection that reads
    the latter would change them, so it reads a private copy.

    patience: seconds to wait for a lock.
    """
    real = os.path.realpath(path)
    with TemporaryDirectory(prefix="queue-reading-", ignore_cleanup_errors=True) as folder:
        conn = sqlite3.connect(
            _address(real, folder), uri=True, timeout=patience, isolation_level=None
        )
        with closing(conn):
            yield conn


def _address(real: str, folder: str) -> str:
    if not siblings(real):
        # A connection that may write removes the -wal and -shm it has made for reading. Immutable
        # is safe only where no process can write.
        return uri_of(real, "mode=rw" if is_writable(real) else "immutable=1")
    _refuse_unreadable(real)
    if not is_in_use(real):
        copy = _copy(real, folder)
        if copy is not None:
            return uri_of(copy, "mode=rw")
    return uri_of(real, "mode=ro")


def _refuse_unreadable(real: str) -> None:
    for file in (real, *siblings(real)):
        is_readable = os.access(file, os.R_OK) or not os.path.lexists(file)
        if file.endswith(LOGS) and not is_readable:
            raise QueuePathError(
                f"path={shown_path(file)} belongs to the database, and is not readable for this "
                "user; check its permissions"
            )


def is_writable(path: str) -> bool:
    """Return True if this user may write a file and create others beside it."""
    return os.access(path, os.W_OK) and os.access(Path(path).parent, os.W_OK)


def _copy(real: str, folder: str) -> str | None:
    """Copy a database with its logs; return None if a process has begun to use it."""
    files = [real, *(real + suffix for suffix in LOGS if os.path.lexists(real + suffix))]
    before = [_state(file) for file in files]
    try:
        for file in files:
            shutil.copyfile(file, Path(folder, Path(file).name))
    except FileNotFoundError:  # its last user has removed a log
        return None
    except OSError as error:
        copy = str(Path(folder, Path(real).name))
        raise refused(error, copy, f"{shown_path(real)} was not read") from error
    if is_in_use(real) or [_state(file) for file in files] != before:
        return None
    return str(Path(folder, Path(real).name))


def _state(path: str) -> tuple[int, ...]:
    try:
        status = Path(path).stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def is_in_use(path: str) -> bool:
    """Return True if any process has a database open, or if the system cannot tell.

    A process that has opened it but read nothing yet does not count.
    """
    files = [path, *siblings(path)]
    if sys.platform not in _FLOCK or _is_open_here(files):
        return True
    return any(_is_locked(path + suffix, *place) for suffix, place in _LOCKED_BYTES.items())


def _is_open_here(files: list[str]) -> bool:
    """Return True if this process has one of the files open.

    SQLite keeps the locks of one process apart in its memory, so the system does not know them.
    Opening and closing such a file would even drop its locks.
    """
    opened = set(open_files().values())
    return any(identity(file) in opened for file in files)


def _is_locked(path: str, start: int, length: int) -> bool:
    """Return True if another process holds a lock on these bytes of a file."""
    layout, kind = _FLOCK[sys.platform]
    values = [fcntl.F_WRLCK, os.SEEK_SET, start, length, 0]
    if kind:
        values = [start, length, 0, fcntl.F_WRLCK, os.SEEK_SET]
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(layout, *values))
    finally:
        os.close(descriptor)
    return bool(struct.unpack(layout, answer)[kind] != fcntl.F_UNLCK)
