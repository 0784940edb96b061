"""Collects the operations of a run, in memory or in a file.

The file gets a line when an operation begins and another when it ends, each in one write, so that a
killed process leaves a record of everything it did.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.history import Operation, read_operation, write_operation


class Gone(BaseException):
    """Ends an actor's program: the actor was killed, or the run ended without it."""


class Log:
    """Keeps the latest state of each operation. Any thread may write to it."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, int], Operation] = {}
        self._next: dict[str, int] = {}
        self._lock = threading.Lock()
        self._open = True
        self._touched = time.monotonic()
        self._silence = 0.0

    def __call__(self, operation: Operation) -> None:
        """Add an operation, or replace its earlier state. Raises Gone if the log is closed."""
        with self._lock:
            if not self._open:
                raise Gone
            self._latest[operation.actor, operation.number] = operation
            self._next[operation.actor] = max(self.next(operation.actor), operation.number + 1)
            self._touched = time.monotonic()

    def operations(self) -> list[Operation]:
        """Return the operations. Those of each actor are in the order in which they began."""
        with self._lock:
            return list(self._latest.values())

    def next(self, actor: str) -> int:
        """Return the number of an actor's next operation."""
        return self._next.get(actor, 0)

    def idle(self) -> float:
        """Return the seconds since an operation began or ended; negative in an expected silence."""
        return time.monotonic() - self._touched

    @property
    def silence(self) -> float:
        """The sum of the seconds given to `expect_silence`."""
        return self._silence

    def expect_silence(self, seconds: float) -> None:
        """Announce that no operation follows for `seconds`, so that it is not taken for a hang."""
        self._silence += seconds
        self._touched = max(self._touched, time.monotonic() + seconds)

    def extend(self, operations: Iterable[Operation]) -> None:
        """Add operations that another process recorded."""
        for operation in operations:
            self(operation)

    def close(self) -> None:
        """Accept no more operations."""
        with self._lock:
            self._open = False


class LogFile:
    """Appends operations to a file of JSON Lines. Any thread may write to it.

    line_of: turns an operation into a line of ASCII.
    """

    def __init__(self, path: Path, line_of: Callable[[Operation], str] = write_operation) -> None:
        self._line_of = line_of
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __call__(self, operation: Operation) -> None:
        """Append an operation, so that it survives a kill of this process at any time.

        Raises HistoryError if only a part of it is written.
        """
        line = self._line_of(operation).encode("ascii") + b"\n"
        if os.write(self._file, line) != len(line):
            raise HistoryError(f"only a part of an operation was written: {line[:80]!r}")

    def __enter__(self) -> LogFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)


def read_log_file(path: Path, *, killed: bool = False) -> list[Operation]:
    """Return the latest state of each operation in a file that a `LogFile` wrote.

    killed: True if the writer may have been killed. An absent file then has no operations, and an
        incomplete last line is ignored.

    Raises HistoryError for an invalid line, and for an absent or incomplete file.
    """
    if killed and not path.exists():
        return []
    try:
        *lines, torn = path.read_text(encoding="ascii").split("\n")
    except (OSError, ValueError) as error:
        raise HistoryError(f"{path}: {error}") from error
    if torn and not killed:
        raise HistoryError(f"{path}: the last line is incomplete: {torn[:80]!r}")
    latest: dict[tuple[str, int], Operation] = {}
    for number, line in enumerate(lines, start=1):
        try:
            operation = read_operation(line)
        except HistoryError as error:
            raise HistoryError(f"{path}, line {number}: {error}") from error
        latest[operation.actor, operation.number] = operation
    return list(latest.values())
