"""The environment of a run whose actors have processes that a server forks."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.clock import VirtualClock
from pytest_queuekit.execution.environment import Environment, Opening
from pytest_queuekit.execution.forked import ForkServer, RemoteAdapter
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.recording.clock import Clock


class ForkedEnvironment(Environment):
    """The queue, the actors and the clock of one run. Some actors have a process of their own.

    server: forks the processes.
    apart: the names of those actors, a letter each. Their successors have a process, too.
    The other parameters are those of `Environment`.
    """

    def __init__(
        self,
        server: ForkServer,
        folder: Path,
        *,
        apart: str,
        clock: Clock,
        lease: float,
        effort: Effort,
    ) -> None:
        super().__init__(server.queue, folder, clock=clock, lease=lease, effort=effort)
        self._server = server
        self._apart = apart
        self._processes: dict[str, RemoteAdapter] = {}

    def opening(self, name: str) -> Opening:
        """Return what opens an instance, in a process of its own for some actors."""
        if not self.is_apart(name):
            return super().opening(name)

        def opening(location: str) -> QueueAdapter:
            process = RemoteAdapter(self._server, self._wall, self.effort.limit)
            self._processes[name] = process
            process.call("__init__", location)
            return process

        return opening

    def is_apart(self, name: str) -> bool:
        """Return True if an actor has a process of its own."""
        return first_name(name) in self._apart

    def abandon(self, name: str) -> None:
        """Kill the process of an actor."""
        super().abandon(name)
        if name in self._processes:
            self._processes[name].kill()

    def kill_all(self) -> None:
        """Kill the processes of all actors, so that the queue takes their tasks back."""
        for name in self._processes.keys() & self._actors.keys():
            self.abandon(name)

    def die_in_next_call(self, name: str, step: int, *, by_line: bool) -> None:
        """Let an actor's process be killed before a step of its next call.

        Raises UsageError for an actor without a process.
        """
        if name not in self._processes:
            raise UsageError(f"actor {name!r} has no process that could be killed")
        self._processes[name].die_in_next_call(step, by_line=by_line)

    def close(self) -> None:
        """Close every adapter instance, and end the processes."""
        super().close()
        for process in self._processes.values():
            process.kill()
        self._processes.clear()

    def _wall(self) -> int | None:
        return self.clock.wall() if isinstance(self.clock, VirtualClock) else None


def first_name(actor: str) -> str:
    """Return the name of an actor or, for a successor, that of the first of the line."""
    return actor.rstrip("'")
