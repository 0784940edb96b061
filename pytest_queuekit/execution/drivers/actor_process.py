"""The parent's side of an actor's process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast

from pytest_queuekit.errors import ActorError, NotRunError
from pytest_queuekit.execution.drivers.actor import Job
from pytest_queuekit.execution.importing import environment
from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.recording.operation_log import read_log_file

_COMMAND = (sys.executable, "-P", "-m", "pytest_queuekit.execution.drivers.actor")
_PARTING = 5.0
"""Seconds for a process to end after its last word."""
_LINES = 12
_END = ""
"""The word that stands for the end of the process."""
_LAST = frozenset({"done", "failed", "not-run", _END})
_KILLED = -signal.SIGKILL if os.name == "posix" else signal.SIGTERM
"""The exit status of a killed process."""


class ActorProcess:
    """The process of one actor. Leaving the `with` block ends it at once.

    job: the actor's job.
    clock: the clock of the run.
    strikes: the positions of the faults that have struck, among those of the job.
    """

    def __init__(self, job: Job, clock: Clock) -> None:
        self.strikes: set[int] = set()
        self._job = job
        self._clock = clock
        self._messages = Path(job.log).with_suffix(".stderr")
        self._heard: set[str] = set()
        self._overdue = ""
        self._not_run: dict[str, Any] = {}
        self._error: Exception | None = None
        self._ended: int | None = None
        with self._messages.open("wb") as messages:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                env=environment(),
                encoding="utf-8",
                process_group=0 if os.name == "posix" else None,  # a group of its own
            )
        self._orders = cast(TextIO, self._process.stdin)
        self._reports = cast(TextIO, self._process.stdout)
        self._changed = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> ActorProcess:
        self.say(self._job.to_json())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kill()
        self._process.wait()
        self._listener.join(_PARTING)
        for pipe in (self._orders, self._reports):
            with suppress(OSError):  # the pipe may hold words that the dead process did not read
                pipe.close()

    def say(self, word: str) -> None:
        """Send a line. A dead process misses it, and `operations` says how it died."""
        with suppress(OSError):
            self._orders.write(f"{word}\n")
            self._orders.flush()

    def hear(self, word: str, deadline: float) -> bool:
        """Wait until the process says this word or ends. Return False if the deadline passes.

        deadline: a moment of `time.monotonic()`, in seconds.
        """
        left = max(deadline - time.monotonic(), 0)
        with self._changed:
            return bool(self._changed.wait_for(lambda: self._heard & {word, *_LAST}, left))

    @property
    def is_struck(self) -> bool:
        """True if a fault has struck the actor, or the process ended before its last word."""
        return bool(self.strikes) or not self._heard & (_LAST - {_END})

    def give_up(self, why: str) -> None:
        """Kill the process because it took too long."""
        if self._process.poll() is None:
            self._overdue = why
            self._kill()

    def part(self) -> None:
        """Wait until the process and its forked children end; kill them after a time limit."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PARTING)
            self._listener.join(_PARTING)  # a child keeps the pipe open
        self._kill()
        self._process.wait()

    def operations(self) -> list[Operation]:
        """Return the operations of the actor, which has ended.

        Raises ActorError for an error that is not the queue's, and NotRunError if a fault cannot
        strike this queue.
        """
        if self._not_run:
            raise NotRunError(**self._not_run)
        if self._error is not None:
            raise ActorError(f"actor={self._job.actor!r}: {self._error}") from self._error
        operations = read_log_file(Path(self._job.log), killed="done" not in self._heard)
        if "done" in self._heard:
            return operations
        if self._overdue:
            return _killed(operations, self._kill_as_operation(self._overdue))
        if self._process.returncode == _KILLED:
            return _killed(operations, self._kill_as_operation(None))
        if "failed" in self._heard or all(operation.end is not None for operation in operations):
            raise ActorError(self._failure())
        return _killed(operations, self._kill_as_operation(self._how()), during=self._how())

    def messages(self) -> str:
        """Return the last lines that the process printed."""
        text = self._messages.read_text(encoding="utf-8", errors="replace").strip()
        return "\n".join(text.splitlines()[-_LINES:])

    def _listen(self) -> None:
        """Read the actor's words. An error here is not a hang: `operations` raises it."""
        try:
            while _END not in self._heard:
                self._hear(self._reports.readline())
        except Exception as error:  # noqa: BLE001 - raised again by `operations`
            self._error = error
            self._hear(_END)

    def _hear(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        with self._changed:
            if word == "struck":
                self.strikes.add(int(rest))
            elif word == "not-run":
                self._not_run = json.loads(rest)
            elif word == _END:
                self._ended = self._clock.now()
            self._heard.add(word)
            self._changed.notify_all()

    def _kill_as_operation(self, why: str | None) -> Operation:
        """Return the kill as an operation, at the moment when the pipe of the process closed."""
        moment = self._clock.now() if self._ended is None else self._ended
        return Operation(
            actor=self._job.actor,
            verb=Verb.KILL,
            start=moment,
            end=moment,
            outcome=Outcome.OK,
            error=why,
        )

    def _how(self) -> str:
        code = self._process.returncode
        if code is not None and code < 0:
            with suppress(ValueError):  # Python has no name for this signal
                return f"the process ended by {signal.Signals(-code).name}"
        return f"the process ended with exit status {code}"

    def _failure(self) -> str:
        lines = (self.messages() or "(it printed nothing)").splitlines()
        quoted = "\n".join(f"  {line}" for line in lines)
        return f"actor={self._job.actor!r}: {self._how()}; it printed\n{quoted}"

    def _kill(self) -> None:
        """Kill the process and the processes that it started.

        The number of the group is not reused before all of them have ended: as long as one lives,
        its pipe is open.
        """
        if self._process.poll() is None or self._listener.is_alive():
            with suppress(ProcessLookupError):
                if os.name == "posix":
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()


def _killed(
    operations: list[Operation], kill: Operation, *, during: str | None = None
) -> list[Operation]:
    """Add the kill, unless the actor recorded one, and the cause of operations without an end."""
    if any(operation.verb is Verb.KILL for operation in operations):
        return operations
    number = max((operation.number for operation in operations), default=-1) + 1
    ended = [
        operation if operation.end is not None else replace(operation, error=during)
        for operation in operations
    ]
    return [*ended, replace(kill, number=number)]
