"""Files of the queue: private before they have content, and published whole.

This process must not open and close a file that it has open as a database: closing the file would
drop the process's locks on it. So these functions open only files that are new or unused.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from .blocks import block
from .exceptions import QueuePathError
from .messages import shown_path

if sys.platform != "win32":
    import fcntl

SIBLINGS = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite puts beside a database."""
LOGS = ("-wal", "-journal")
"""Those that may hold changes which the database itself lacks."""

LARGEST_PAGE = 1 << 16
"""Bytes that SQLite may write at once."""

_PREFIX, _SUFFIX = ".queue-", ".part"
_LEFTOVER = re.compile(r"\.queue-[a-z0-9_]{8}\.part")
_FIRST_BYTES = (b"SQLite format 3\0", bytes(16), b"")
"""The first bytes of a file that a killed process may leave."""
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK

Identity = tuple[int, int]
"""The device and the number of a file on it."""


def identity(file: str | int) -> Identity | None:
    """Return the identity of a path's or descriptor's file, or None if the path leads to no file.

    A loop of links, or a folder that this user cannot enter, leads to no file either.
    """
    try:
        status = os.stat(file)  # noqa: PTH116 - for each change; a Path takes as long again
    except OSError:
        return None
    return status.st_dev, status.st_ino


def open_files() -> dict[int, Identity]:
    """Return the regular files that this process has open, by descriptor.

    Raises FileNotFoundError if the system does not list them.
    """
    files: dict[int, Identity] = {}
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    for name in os.listdir(folder):  # noqa: PTH208 - a Path for each takes longer
        with suppress(OSError):  # that of the folder itself is closed by now
            status = os.fstat(int(name))
            if stat.S_ISREG(status.st_mode):
                files[int(name)] = status.st_dev, status.st_ino
    return files


def siblings(path: str) -> list[str]:
    """Return the -wal, -shm and -journal that exist beside a database, itself perhaps missing."""
    real = os.path.realpath(path)
    return [real + suffix for suffix in SIBLINGS if os.path.lexists(real + suffix)]


def wal_bytes(path: str) -> int:
    """Return the size of the -wal of a database; 0 if there is none."""
    return size_of(f"{os.path.realpath(path)}-wal")


def size_of(file: str) -> int:
    """Return the size of a file; 0 if there is none."""
    try:
        return os.stat(file).st_size  # noqa: PTH116 - as above
    except OSError:
        return 0


def create_database_file(path: str) -> None:
    """Create an empty file that only its owner can read, unless another process was faster.

    The file gets its name after it is closed: another thread may open it as a database at once.
    """
    temporary = str(Path(path).parent / f"{_PREFIX}{os.urandom(4).hex()}{_SUFFIX}")
    try:
        os.close(os.open(temporary, _NEW, 0o600))
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # the file system has no links, or SQLite will report what is wrong
        with suppress(OSError):
            os.close(os.open(path, _NEW, 0o600))
    finally:
        # No exception of a signal or another thread can arrive before this call of C.
        try:  # noqa: SIM105 - it could arrive in suppress()
            os.unlink(temporary)  # noqa: PTH108 - as above
        except OSError:
            pass


def taken(path: str) -> QueuePathError:
    """Return the error for a new file whose name is taken."""
    return QueuePathError(f"path={shown_path(path)} already exists; choose a new name")


class PartialFile:
    """A new file with content that is not complete yet.

    path: its name, beside the file that it will become.
    descriptor: its lock shows other processes that the writer is alive.
    """

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    def is_in_place(self) -> bool:
        """Return True if the path still names this file."""
        return identity(self.path) == identity(self.descriptor)

    def errno_of_write(self) -> int | None:
        """Return the error number of a write at the end of the file, or None if it succeeds.

        SQLite does not say why its write failed.
        """
        try:
            os.lseek(self.descriptor, 0, os.SEEK_END)
            for _ in range(2):  # the first may write a part
                os.write(self.descriptor, bytes(LARGEST_PAGE))
        except OSError as error:
            return error.errno
        return None

    def publish(self, target: str) -> None:
        """Give the file a free name, durably. Raises QueuePathError if the name is taken."""
        os.fsync(self.descriptor)
        try:
            os.link(self.path, target)
        except FileExistsError as error:
            raise taken(target) from error
        except OSError:  # the file system has no links
            os.close(os.open(target, _NEW, 0o600))
            Path(self.path).replace(target)
        sync_folder(target)

    def replace(self, target: str) -> None:
        """Take the place of another file, durably."""
        os.fsync(self.descriptor)
        Path(self.path).replace(target)
        sync_folder(target)


@block
def partial_file(target: str) -> Generator[PartialFile, None, None]:
    """Yield a new file beside `target` that only its owner can read.

    At the end, the file is removed unless it has got another name.
    """
    partial = _locked_partial(Path(target).parent)
    try:
        yield partial
    finally:
        try:
            if partial.is_in_place():
                Path(partial.path).unlink()
        finally:
            os.close(partial.descriptor)


def _locked_partial(folder: Path) -> PartialFile:
    while True:
        descriptor, path = mkstemp(dir=folder, prefix=_PREFIX, suffix=_SUFFIX)
        try:
            partial = PartialFile(path, descriptor)
            _lock(descriptor)
            # Before the lock, another process may have removed the file as a leftover.
            if partial.is_in_place():
                return partial
        except BaseException:
            Path(path).unlink(missing_ok=True)
            os.close(descriptor)
            raise
        os.close(descriptor)


def remove_leftovers(target: str) -> None:
    """Remove the partial files beside `target` that killed processes of this user left.

    A partial file is locked while its writer lives. A file that cannot be locked stays.
    """
    folder = Path(target).parent
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - no iterator that could stay open
            if _LEFTOVER.fullmatch(name):
                with suppress(OSError):
                    _remove_leftover(folder / name)


def _remove_leftover(path: Path) -> None:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or not _is_own(status):
        return
    if status.st_nlink > 1:  # it has its name, and may be in use as a database by now
        path.unlink()
        return
    descriptor = os.open(path, os.O_RDWR | _NO_LINK)
    try:
        is_leftover = _lock(descriptor) and os.read(descriptor, 16) in _FIRST_BYTES
        if is_leftover and PartialFile(str(path), descriptor).is_in_place():
            path.unlink()
    finally:
        os.close(descriptor)


def _is_own(status: os.stat_result) -> bool:
    return sys.platform == "win32" or status.st_uid == os.geteuid()


def _lock(descriptor: int) -> bool:
    """Lock a file until its descriptor is closed; return False if that is impossible."""
    if sys.platform == "win32":  # which does not remove open files
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def sync_folder(path: str) -> None:
    """Wait until the disk has the names of the folder that contains `path`."""
    if sys.platform == "win32":
        return
    descriptor = os.open(Path(path).parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems cannot sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def uri_of(path: str, query: str) -> str:
    """Return the address of an absolute path for sqlite3.connect(uri=True)."""
    if sys.platform == "win32":
        path = "/" + path.replace("\\", "/")
    for character, escape in (("%", "%25"), ("?", "%3f"), ("#", "%23")):
        path = path.replace(character, escape)
    return f"file://{path}?{query}"
