"""Finds the code that issued a statement: the queue itself, or a line of the code that uses it."""

from __future__ import annotations

import enum
import sysconfig
from pathlib import Path
from types import FrameType

from pytest_queuekit.watch.notebook import SourceLine

_WATCH = str(Path(__file__).parent)
_KIT = str(Path(__file__).parents[1])
_RUNNER = {"_pytest", "pluggy"}
"""Packages that call tests and fixtures."""
_STANDARD = sysconfig.get_path("stdlib")


class _Part(enum.Enum):
    """The part of the program that a source file belongs to."""

    WATCH = enum.auto()
    CONNECTION = enum.auto()  # between the queue, or its user, and SQLite
    LIBRARY = enum.auto()  # Python's own: contextlib, concurrent.futures
    DATABASE = enum.auto()
    QUEUE = enum.auto()
    KIT = enum.auto()
    USER = enum.auto()


_PASSED_OVER = (_Part.WATCH, _Part.CONNECTION)
_OF_QUEUE = (_Part.CONNECTION, _Part.DATABASE, _Part.QUEUE)


class Frames:
    """Reads the stack above a statement.

    queue: the folder of the reference queue, or of a copy of it.
    """

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._parts = _Parts(queue)

    def issuer(self, frame: FrameType | None) -> FrameType | None:
        """Return the frame of the code that issued a statement; None if the queue issued it.

        The frame belongs to Python's own code if a thread runs conn.execute directly.
        """
        fallback = None
        while frame is not None:
            part = self._parts[frame.f_code.co_filename]
            if part is _Part.USER:
                return frame
            if part is _Part.LIBRARY:
                fallback = fallback or frame
            elif part not in _PASSED_OVER and not (
                part is _Part.DATABASE and frame.f_code.co_name == "execute"
            ):
                return None
            frame = frame.f_back
        return fallback

    def holder(self, frame: FrameType | None) -> FrameType | None:
        """Return the frame of the user's `with db.transaction()`; None if the queue began it."""
        in_transaction = False
        while frame is not None:
            part = self._parts[frame.f_code.co_filename]
            if part is _Part.USER:
                return frame if in_transaction else None
            if part is _Part.KIT:
                return None
            if part in (_Part.DATABASE, _Part.QUEUE):
                in_transaction = part is _Part.DATABASE and frame.f_code.co_name == "transaction"
            frame = frame.f_back
        return None

    def caller(self, frame: FrameType | None) -> FrameType | None:
        """Return the user's frame that called the queue; None if there is none."""
        while frame is not None and self._parts[frame.f_code.co_filename] is not _Part.USER:
            frame = frame.f_back
        return frame

    def is_users(self, frame: FrameType) -> bool:
        """Return True if a frame belongs to the user's code, and not to Python's own."""
        return self._parts[frame.f_code.co_filename] is _Part.USER

    def is_of_queue(self, frame: FrameType | None) -> bool:
        """Return True if the nearest frame outside of the watch belongs to the queue."""
        while frame is not None and self._parts[frame.f_code.co_filename] is _Part.WATCH:
            frame = frame.f_back
        return frame is not None and self._parts[frame.f_code.co_filename] in _OF_QUEUE


class _Parts(dict[str, _Part]):
    """The part that each file belongs to, by its name in code objects; computed once a name."""

    def __init__(self, queue: str) -> None:
        self._queue = queue

    def __missing__(self, name: str) -> _Part:
        part = self[name] = self._part(Path(name))
        return part

    def _part(self, path: Path) -> _Part:
        if path.is_relative_to(self._queue):
            special = {
                "blocks.py": _Part.LIBRARY,  # in place of contextlib
                "connection.py": _Part.CONNECTION,
                "database.py": _Part.DATABASE,
            }
            return special.get(path.name, _Part.QUEUE)
        if path.is_relative_to(_WATCH):
            return _Part.WATCH
        if path.is_relative_to(_KIT):
            return _Part.KIT
        if "site-packages" in path.parts:
            return _Part.LIBRARY if _RUNNER & {*path.parts} else _Part.USER
        return _Part.LIBRARY if path.is_relative_to(_STANDARD) else _Part.USER


def line_of(frame: FrameType) -> SourceLine:
    """Return the file and the line that a frame is executing."""
    return frame.f_code.co_filename, frame.f_lineno
