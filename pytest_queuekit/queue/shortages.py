"""Names what a process or its disk has run out of: descriptors, space, or permitted length.

SQLite sees the error of the system, but Python does not pass it on. So this module looks for the
shortage after the error.
"""

from __future__ import annotations

import errno
import os

from .files import LARGEST_PAGE

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_FILES_OF_A_CONNECTION = 4
"""The database, its -wal and its -shm file, and a temporary file."""
_REMEDIES = {
    errno.EMFILE: "too many open files (EMFILE): close files, threads or databases, or raise the "
    "limit (ulimit -n)",
    errno.ENFILE: "too many open files on this machine (ENFILE): close files or programs",
    errno.ENOSPC: "no space or no inodes left on the disk (ENOSPC): make room and try again",
    errno.EDQUOT: "the disk quota of this user is used up (EDQUOT): make room and try again",
    errno.EFBIG: "a file has reached the size limit of this process (EFBIG): raise the limit "
    "(ulimit -f)",
}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def remedy(path: str) -> str:
    """Return the next step for a file that cannot be opened."""
    return _REMEDIES.get(_shortage(path), "check the permissions of the file and its folder")


def cause(path: str, known: int | None = None) -> str:
    """Return the shortage that may have caused an error, in brackets, or nothing.

    known: the errno of the error, if the system has told it.
    """
    shortage = known if known in _REMEDIES else _shortage(path)
    return f" ({_REMEDIES[shortage]})" if shortage else ""


def is_disk_full(path: str, known: int | None = None) -> bool:
    """Return True if no more can be written to the file; known: as in cause()."""
    return known in _FULL or _shortage(path) in _FULL


def _shortage(path: str) -> int:
    """Return the errno of what this process or its disk has run out of, or 0."""
    return _no_descriptor() or _no_space(path) or _no_longer_file(path)


def _no_descriptor() -> int:
    opened: list[int] = []
    try:
        for _ in range(_FILES_OF_A_CONNECTION):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - may fail half-way
    except OSError as error:
        return error.errno if error.errno in _REMEDIES else 0
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return 0


def _no_space(path: str) -> int:
    try:
        disk = os.statvfs(os.path.dirname(path) or ".")  # noqa: PTH120
    except (AttributeError, OSError, ValueError):  # Windows has no statvfs
        return 0
    return errno.ENOSPC if not disk.f_bavail or (disk.f_files and not disk.f_favail) else 0


def _no_longer_file(path: str) -> int:
    if resource is None:
        return 0
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit == resource.RLIM_INFINITY:
        return 0
    sizes = [os.path.getsize(name) for name in _files_of(path) if os.path.isfile(name)]  # noqa: PTH202, PTH113
    return errno.EFBIG if max(sizes, default=0) + LARGEST_PAGE > limit else 0


def _files_of(path: str) -> tuple[str, ...]:
    return path, f"{path}-wal", f"{path}-shm"
