"""What the actors of a run report while it lasts: kept in memory, and in a file if need be.

A line of the file is written when an operation begins and again when it has ended, each in one
step, so that a killed process loses nothing of what it did.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.history import Operation, read_operation, write_operation


class Gone(BaseException):
    """This actor does nothing any more: it died, or the run was over without it."""


class Log:
    """Keeps the newest state of each operation that recorders report, from any thread."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, int], Operation] = {}
        self._next: dict[str, int] = {}
        self._lock = threading.Lock()
        self._open = True
        self._touched = time.monotonic()
        self._silence = 0.0

    def __call__(self, operation: Operation) -> None:
        """Take an operation. Raises Gone once the log is closed."""
        with self._lock:
            if not self._open:
                raise Gone
            self._newest[operation.actor, operation.number] = operation
            self._next[operation.actor] = max(self.next(operation.actor), operation.number + 1)
            self._touched = time.monotonic()

    def operations(self) -> list[Operation]:
        """Return the operations in the order in which they began, actor by actor."""
        with self._lock:
            return list(self._newest.values())

    def next(self, actor: str) -> int:
        """Return the number that an actor's next operation will have."""
        return self._next.get(actor, 0)

    def idle(self) -> float:
        """Return the seconds for which no operation began or ended."""
        return time.monotonic() - self._touched

    @property
    def silence(self) -> float:
        """Seconds in all for which `expect_silence` excused the actors."""
        return self._silence

    def expect_silence(self, seconds: float) -> None:
        """Let nobody take the next so many seconds without an operation for a hang."""
        self._silence += seconds
        self._touched = max(self._touched, time.monotonic() + seconds)

    def extend(self, operations: Iterable[Operation]) -> None:
        """Take operations that others recorded."""
        for operation in operations:
            self(operation)

    def close(self) -> None:
        """Take nothing more."""
        with self._lock:
            self._open = False


class LogFile:
    """Appends operations to a file of JSON Lines, from any thread."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __call__(self, operation: Operation) -> None:
        """Append an operation, so that it is kept even if the process is killed at once.

        Raises HistoryError if the disk takes a part of it.
        """
        line = write_operation(operation).encode("ascii") + b"\n"
        if os.write(self._file, line) != len(line):
            raise HistoryError(f"the disk took a part of an operation: {line[:80]!r}")

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
    """Return the newest state of each operation in a file that a `LogFile` wrote.

    killed: True if the writer may have been killed: before it made the file, or within a line,
        which is then left out.

    Raises HistoryError for a line that is no operation, and for an absent or torn file.
    """
    if killed and not path.exists():
        return []
    try:
        *lines, torn = path.read_text(encoding="ascii").split("\n")
    except (OSError, ValueError) as error:
        raise HistoryError(f"{path}: {error}") from error
    if torn and not killed:
        raise HistoryError(f"{path}: the last line has no end: {torn[:80]!r}")
    newest: dict[tuple[str, int], Operation] = {}
    for number, line in enumerate(lines, start=1):
        try:
            operation = read_operation(line)
        except HistoryError as error:
            raise HistoryError(f"{path}, line {number}: {error}") from error
        newest[operation.actor, operation.number] = operation
    return list(newest.values())
