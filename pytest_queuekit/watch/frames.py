"""Who issued a statement: the queue itself, or the code that builds on it, and in which line."""

from __future__ import annotations

import enum
import sysconfig
from pathlib import Path
from types import FrameType

from pytest_queuekit.watch.notebook import Where

_WATCH = str(Path(__file__).parent)
_KIT = str(Path(__file__).parents[1])
_RUNNER = {"_pytest", "pluggy"}
"""Folders of what calls tests and fixtures."""
_STANDARD = sysconfig.get_path("stdlib")


class _Part(enum.Enum):
    """Whose a source file is."""

    WATCH = enum.auto()
    CONNECTION = enum.auto()  # what stands between the queue, or its user, and SQLite
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
        """Return the frame of the code that issued a statement; None if the queue did.

        It is one of Python's own where a thread was given conn.execute to run.
        """
        fallback = None
        while frame is not None:
            part = self._parts[frame.f_code.co_filename]
            if part is _Part.USER:
                return frame
            if part is _Part.LIBRARY:
                fallback = fallback or frame
            elif part not in _PASSED_OVER and not _is_execute(frame, part):
                return None
            frame = frame.f_back
        return fallback

    def holder(self, frame: FrameType | None) -> FrameType | None:
        """Return the frame of the user's `with db.transaction()`; None if it is the queue's."""
        asked = False
        while frame is not None:
            part = self._parts[frame.f_code.co_filename]
            if part is _Part.USER:
                return frame if asked else None
            if part is _Part.KIT:
                return None
            if part in (_Part.DATABASE, _Part.QUEUE):
                asked = part is _Part.DATABASE and frame.f_code.co_name == "transaction"
            frame = frame.f_back
        return None

    def caller(self, frame: FrameType | None) -> FrameType | None:
        """Return the user's frame that called the queue, whatever for; None if there is none."""
        while frame is not None and self._parts[frame.f_code.co_filename] is not _Part.USER:
            frame = frame.f_back
        return frame

    def is_users(self, frame: FrameType) -> bool:
        """Whether a frame is of the user's code, and not of Python's own."""
        return self._parts[frame.f_code.co_filename] is _Part.USER

    def is_of_queue(self, frame: FrameType | None) -> bool:
        """Whether the nearest frame outside of the watch is the queue's."""
        while frame is not None and self._parts[frame.f_code.co_filename] is _Part.WATCH:
            frame = frame.f_back
        return frame is not None and self._parts[frame.f_code.co_filename] in _OF_QUEUE


class _Parts(dict[str, _Part]):
    """Whose a file is, by its name in code objects; each name is looked at once."""

    def __init__(self, queue: str) -> None:
        self._queue = queue

    def __missing__(self, name: str) -> _Part:
        part = self[name] = self._sorted(Path(name))
        return part

    def _sorted(self, path: Path) -> _Part:
        if _is_in(path, self._queue):
            special = {"connection.py": _Part.CONNECTION, "database.py": _Part.DATABASE}
            return special.get(path.name, _Part.QUEUE)
        if _is_in(path, _WATCH):
            return _Part.WATCH
        if _is_in(path, _KIT):
            return _Part.KIT
        if "site-packages" in path.parts:
            return _Part.LIBRARY if _RUNNER & {*path.parts} else _Part.USER
        return _Part.LIBRARY if _is_in(path, _STANDARD) else _Part.USER


def line_of(frame: FrameType) -> Where:
    """Return the file and the line at which a frame is."""
    return frame.f_code.co_filename, frame.f_lineno


def _is_in(path: Path, folder: str) -> bool:
    return path.is_relative_to(folder)


def _is_execute(frame: FrameType, part: _Part) -> bool:
    return part is _Part.DATABASE and frame.f_code.co_name == "execute"
