"""Counts the errors of the watch itself, so that a watch that failed never reports a clean run."""

from __future__ import annotations

import os
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path

_KIT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class InternalErrors:
    """How many times the watch failed, and the first error.

    count: errors.
    first: type, place and message of the first error; empty if there is none.
    """

    count: int = 0
    first: str = ""

    def __add__(self, later: InternalErrors) -> InternalErrors:
        return InternalErrors(count=self.count + later.count, first=self.first or later.first)

    def __bool__(self) -> bool:
        return self.count > 0

    def __str__(self) -> str:
        return f"{self.count:,} internal error{'s' * (self.count != 1)}, first: {self.first}"


class ErrorLog:
    """The internal errors of this process, by the test that ran.

    In a forked child it records nothing: another thread of the parent may have held the lock at the
    fork, and then it is never released.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()  # a finalizer may fail while this thread holds it
        self._total = InternalErrors()
        self._by_test: dict[str, InternalErrors] = {}

    @property
    def total(self) -> InternalErrors:
        """All errors so far."""
        return self._total

    def record(self, error: Exception, *, test: str) -> None:
        """Count an error that happened while a test ran; "" stands for outside of tests."""
        if os.getpid() != self._pid:
            return
        new = InternalErrors(count=1, first=describe(error))
        with self._lock:
            self._total += new
            self._by_test[test] = self._by_test.get(test, InternalErrors()) + new

    def take(self, test: str) -> InternalErrors:
        """Return the errors of a test that were not taken before; they remain in `total`."""
        return self._by_test.pop(test, InternalErrors())


def describe(error: BaseException) -> str:
    """Return an exception's type, its place in the kit if it has one, and its message.

    An example: "KeyError in watch/leases.py:31: 'id'".
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_KIT)]
    place = ""
    if own:
        # The innermost line of the kit: deeper frames belong to Python or to a library.
        path = Path(own[-1].filename).relative_to(_KIT).as_posix()
        place = f" in {path}:{own[-1].lineno}"
    return f"{type(error).__name__}{place}: {error}"
