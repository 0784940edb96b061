"""Actors in processes that a server forks, under the clock of the run.

The parent records their calls, and makes one at a time. So it may choose the step of a call before
which an actor is killed, and what others do after that.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from pytest_queuekit.errors import ActorError, NotRunError
from pytest_queuekit.execution.forked_child import Answer, Request
from pytest_queuekit.execution.importing import environment, files_of, require_importable
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.history import Outcome
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.recording.operation_log import Gone

_MOST = 64
"""Bytes of the longest answer of the server."""

Wall = Callable[[], int | None]
"""Returns the nanoseconds of a wall clock that the kit sets; None for the system's."""


class ForkServer:
    """A process that forks the processes of actors. Leaving the `with` block ends them all.

    queue: the queue under test. folder: an existing folder for the messages of the processes.

    Raises NotRunError where processes cannot fork, and UsageError if no other process can import
    the adapter.
    """

    def __init__(self, queue: QueueUnderTest, folder: Path) -> None:
        if not hasattr(os, "fork"):
            raise NotRunError(
                "needs os.fork(), which this system does not have", kind="unsupported"
            )
        require_importable(queue)
        self.queue = queue
        self._messages = folder / "processes.stderr"
        self._lock = threading.Lock()
        module = queue.adapter.__module__
        job = json.dumps({"spec": queue.spec, "files": files_of(module)})
        self._orders, theirs = socket.socketpair()
        command = (sys.executable, "-P", "-m", "pytest_queuekit.execution.fork_server")
        with theirs, self._messages.open("wb") as messages:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                (*command, str(theirs.fileno()), job),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=messages,
                env=environment(),
                pass_fds=[theirs.fileno()],
                process_group=0,
            )

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._orders.close()

    def fork(self) -> tuple[int, Connection]:
        """Return the number of a new process, and the pipe to it."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            socket.send_fds(self._orders, [b"fork"], [theirs.fileno()])
            pid = self._answer()
        return pid, Connection(ours.detach())

    def bury(self, pid: int) -> int:
        """Kill a process, if it lives. Return its exit status once it has ended."""
        with self._lock:
            self._orders.sendall(str(pid).encode())
            return self._answer()

    def said(self) -> str:
        """Return what the processes have printed as errors."""
        return self._messages.read_text(encoding="utf-8", errors="replace").strip()

    def _answer(self) -> int:
        answer = self._orders.recv(_MOST)
        if not answer:
            raise ActorError(f"the server of the actors' processes ended; it printed {self.said()}")
        return int(answer)


class RemoteError(Exception):
    """An error of the queue that cannot be carried from one process to another."""


class RemoteRefusedError(RemoteError):
    """Such an error that means "no"."""


class RemoteBusyError(RemoteError):
    """Such an error that means "not now"."""


_ERRORS = {
    Outcome.REFUSED: RemoteRefusedError,
    Outcome.BUSY: RemoteBusyError,
    Outcome.UNKNOWN: RemoteError,
}


class RemoteAdapter(QueueAdapter):
    """An instance of the adapter in a process of its own.

    server: forks the process. wall: the wall clock of the run. patience: seconds for a call.
    """

    def __init__(self, server: ForkServer, wall: Wall, patience: float) -> None:
        kind = server.queue.adapter
        self.refuses = (*kind.refuses, RemoteRefusedError)  # type: ignore[misc]  # of this instance
        self.busy = (*kind.busy, RemoteBusyError)  # type: ignore[misc]  # of this instance
        self._server = server
        self._wall = wall
        self._patience = patience
        self._death: tuple[int, bool] | None = None
        self._pid, self._pipe = server.fork()
        self._lives = True

    def die_in_next_call(self, step: int, *, by_line: bool) -> None:
        """Let the process be killed before a step of its next call. That call raises Gone."""
        self._death = step, by_line

    def kill(self) -> None:
        """Kill the process, if it lives."""
        if self._lives:
            self._lives = False
            self._pipe.close()
            self._server.bury(self._pid)

    def close(self) -> None:
        """Close the instance, and end the process."""
        try:
            if self._lives:
                self.call("close")
        finally:
            self.kill()

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Make a call. Raises Gone if the process was killed in it, or takes too long."""
        if not self._lives:
            raise Gone
        request = Request(
            method=method,
            arguments=arguments,
            options=options,
            wall=self._wall(),
            death=self._death,
        )
        expected, self._death = self._death is not None, None
        try:
            self._pipe.send(request)
            if not self._pipe.poll(self._patience):
                self.kill()
                raise Gone
            answer: Answer = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._died(method, expected=expected)
            raise Gone from None
        if answer.error is not None:
            raise answer.error
        if answer.text:
            raise _ERRORS[answer.outcome](answer.text)
        return answer.value

    def _died(self, method: str, *, expected: bool) -> None:
        self._lives = False
        self._pipe.close()
        status = self._server.bury(self._pid)
        if not expected:
            raise ActorError(
                f"the process of an actor ended with status {status} in {method}(); it printed "
                f"{self._server.said() or 'nothing'}"
            )


def _forwarding(name: str) -> Callable[..., Any]:
    def method(self: RemoteAdapter, *arguments: Any, **options: Any) -> Any:
        return self.call(name, *arguments, **options)

    return method


for _name in METHODS.keys() - {"__init__", "close"}:
    setattr(RemoteAdapter, _name, _forwarding(_name))
