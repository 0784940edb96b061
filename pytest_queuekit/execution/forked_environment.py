"""The environment of a run whose actors have processes that a server forks."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit.execution.clock import VirtualClock
from pytest_queuekit.execution.environment import Environment, open_actor
from pytest_queuekit.execution.forked import ForkServer, RemoteAdapter
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.recording.recorder import Recorder

_HERE = "collector"
"""The actor that acts in this process: it collects the tasks that others leave."""


class ForkedEnvironment(Environment):
    """The queue, the actors and the clock of one run. Each actor has a process of its own.

    server: forks the processes. The other parameters are those of `Environment`.
    """

    def __init__(
        self, server: ForkServer, folder: Path, *, clock: Clock, lease: float, effort: Effort
    ) -> None:
        super().__init__(server.queue, folder, clock=clock, lease=lease, effort=effort)
        self._server = server
        self._processes: dict[str, RemoteAdapter] = {}

    def recorder(self, name: str) -> Recorder:
        """Open the queue for a new actor. Raises Halt if that fails."""
        if name == _HERE:
            return super().recorder(name)

        def opening(location: str) -> QueueAdapter:
            process = RemoteAdapter(self._server, self._wall, self.effort.limit)
            self._processes[name] = process
            process.call("__init__", location)
            return process

        return open_actor(
            self.queue,
            self.location,
            name,
            clock=self.clock,
            sink=self.log,
            lease=self.lease,
            first=self.log.next(name),
            opening=opening,
        )

    def abandon(self, name: str) -> None:
        """Kill the process of an actor."""
        super().abandon(name)
        self._processes[name].kill()

    def die_in_next_call(self, name: str, step: int, *, by_line: bool) -> None:
        """Let an actor's process be killed before a step of its next call."""
        self._processes[name].die_in_next_call(step, by_line=by_line)

    def close(self) -> None:
        """Close every adapter instance, and end the processes."""
        super().close()
        for process in self._processes.values():
            process.kill()
        self._processes.clear()

    def _wall(self) -> int | None:
        return self.clock.wall() if isinstance(self.clock, VirtualClock) else None
