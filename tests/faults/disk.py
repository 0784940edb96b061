"""SQLite's file operations, with an observer that can make each of them fail.

SQLite reaches files through a table of functions, its VFS (https://sqlite.org/vfs.html). This
module replaces functions of the default VFS in this process, so that every read, write,
truncation, sync, deletion and open of a database passes an observer first. It needs a Python
whose sqlite3 module loads SQLite as a shared library; see `is_available`. Use it in a process of
its own: the original functions never return.
"""

from __future__ import annotations

import ctypes
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OK = 0
FULL = 13
IO_READ = 266
IO_WRITE = 778
IO_SYNC = 1034
IO_TRUNCATE = 1546
IO_DELETE = 2570
CANNOT_OPEN = 14

ERRORS = {
    "read": (IO_READ,),
    "write": (IO_WRITE, FULL),
    "truncate": (IO_TRUNCATE,),
    "sync": (IO_SYNC,),
    "delete": (IO_DELETE,),
    "open": (CANNOT_OPEN,),
}
"""The errors that each kind of operation can end with."""


@dataclass(frozen=True, kw_only=True)
class FileOperation:
    """One operation on a database file or its log.

    kind: a key of ERRORS.
    path: the file.
    offset: position of a read or write; new size of a truncation; in bytes.
    data: the bytes of a write.
    """

    kind: str
    path: str
    offset: int = 0
    data: bytes = b""


Observer = Callable[[FileOperation], int]
"""Is called before an operation; returns OK, or the error code to end it with."""

_Pointer = ctypes.c_void_p
_Int64 = ctypes.c_int64
# A name is a pointer, not c_char_p: SQLite keeps it, and reads on behind its end.
_Open = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, _Pointer, ctypes.c_int, _Pointer)
_Delete = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, ctypes.c_int)
_Transfer = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, ctypes.c_int, _Int64)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Int64)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_int)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", _Pointer),
        ("name", ctypes.c_char_p),
        ("data", _Pointer),
        ("open", _Pointer),
        ("delete", _Pointer),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("close", _Pointer),
        ("read", _Pointer),
        ("write", _Pointer),
        ("truncate", _Pointer),
        ("sync", _Pointer),
        ("rest", _Pointer * 13),  # the size of version 3; SQLite calls no later ones
    )


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


def is_available() -> bool:
    """Return True if this process can observe SQLite's file operations."""
    return _library() is not None


def _library() -> ctypes.CDLL | None:
    try:
        mapped = Path("/proc/self/maps").read_text()
    except OSError:
        return None
    for line in mapped.splitlines():
        path = line.split()[-1]
        if "libsqlite3" in path:
            library = ctypes.CDLL(path)
            library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
            library.sqlite3_libversion.restype = ctypes.c_char_p
            is_same = library.sqlite3_libversion().decode() == sqlite3.sqlite_version
            return library if is_same else None
    return None


def _text(name: int) -> str:
    return ctypes.string_at(name).decode("utf-8", "surrogateescape")


class ObservedDisk:
    """The file operations of all SQLite connections that this process opens from now on."""

    def __init__(self) -> None:
        library = _library()
        if library is None:
            raise RuntimeError("this Python's SQLite is not a shared library")
        self.observer: Observer = lambda operation: OK
        self._paths: dict[int, str] = {}
        self._tables: dict[int, _Methods] = {}
        self._kept: list[Any] = []  # ctypes frees a callback without a reference
        vfs = library.sqlite3_vfs_find(None).contents
        # SQLite calls the functions until the process ends, after this object is out of use too.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))
        self._replace_open(vfs)
        self._replace_delete(vfs)

    @contextmanager
    def observed(self, observer: Observer) -> Iterator[None]:
        """Call an observer for the operations of the block."""
        before, self.observer = self.observer, observer
        try:
            yield
        finally:
            self.observer = before

    def _replace_open(self, vfs: _Vfs) -> None:
        original = _Open(vfs.open)

        def opened(vfs: int, name: int | None, file: int, flags: int, granted: int) -> int:
            path = _text(name) if name else "(temporary)"
            code = self.observer(FileOperation(kind="open", path=path))
            if code:
                _File.from_address(file).methods = None  # so that SQLite does not close it
                return code
            code = int(original(vfs, name, file, flags, granted))
            if code == OK:
                self._paths[file] = path
                self._observe(file)
            return code

        vfs.open = self._address(_Open(opened))

    def _replace_delete(self, vfs: _Vfs) -> None:
        original = _Delete(vfs.delete)

        def deleted(vfs: int, name: int, sync_folder: int) -> int:
            code = self.observer(FileOperation(kind="delete", path=_text(name)))
            return code or int(original(vfs, name, sync_folder))

        vfs.delete = self._address(_Delete(deleted))

    def _observe(self, file: int) -> None:
        head = _File.from_address(file)
        address = ctypes.addressof(head.methods.contents)
        if address not in self._tables:
            self._tables[address] = self._table(head.methods.contents)
        head.methods = ctypes.pointer(self._tables[address])

    def _table(self, methods: _Methods) -> _Methods:
        """Return a copy of a file's functions in which the observer comes first."""
        read, write = _Transfer(methods.read), _Transfer(methods.write)
        truncate, sync = _Truncate(methods.truncate), _Sync(methods.sync)

        def observed_read(file: int, buffer: int, size: int, offset: int) -> int:
            return self._ask("read", file, offset) or read(file, buffer, size, offset)

        def observed_write(file: int, buffer: int, size: int, offset: int) -> int:
            data = ctypes.string_at(buffer, size)
            return self._ask("write", file, offset, data) or write(file, buffer, size, offset)

        def observed_truncate(file: int, size: int) -> int:
            return self._ask("truncate", file, size) or truncate(file, size)

        def observed_sync(file: int, flags: int) -> int:
            return self._ask("sync", file) or sync(file, flags)

        table = _Methods.from_buffer_copy(methods)
        table.read = self._address(_Transfer(observed_read))
        table.write = self._address(_Transfer(observed_write))
        table.truncate = self._address(_Truncate(observed_truncate))
        table.sync = self._address(_Sync(observed_sync))
        return table

    def _ask(self, kind: str, file: int, offset: int = 0, data: bytes = b"") -> int:
        path = self._paths.get(file, "?")
        return self.observer(FileOperation(kind=kind, path=path, offset=offset, data=data))

    def _address(self, function: Any) -> int | None:
        self._kept.append(function)
        return ctypes.cast(function, _Pointer).value
