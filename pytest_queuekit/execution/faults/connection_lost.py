"""The actor's files and connections stop working while it uses them."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.faults.fault import Fault, Setting, Surroundings

_DESCRIPTORS = Path("/dev/fd")


@dataclass(frozen=True, kw_only=True)
class ConnectionLost(Fault):
    """Each file descriptor that the actor opened for the queue is cut off: its next use fails."""

    kind = "connection-lost"

    def obstacle(self, setting: Setting) -> str:
        """Return the obstacle if descriptors cannot be listed, or if other actors share them."""
        if not _DESCRIPTORS.is_dir():
            return f"needs {_DESCRIPTORS}, which this system does not have"
        return "" if setting.own_process else "needs an actor with a process of its own"

    def strike(self, world: Surroundings) -> None:
        """Replace each by a socket without a peer. Raises NotRunError if none is open."""
        import socket  # an actor's process starts without it

        lost = open_descriptors() - world.descriptors
        if not lost:
            raise NotRunError(
                f"fault {self.kind!r} needs a queue with a file or a connection: this one has no "
                "descriptor open between two calls",
                kind="unsupported",
            )
        alone, peer = socket.socketpair()
        peer.close()
        with alone:
            for descriptor in lost:
                # Not closed: the next file would get the number, and its writes. Not a pipe:
                # SQLite answers "busy" if it cannot lock a descriptor for writing.
                os.dup2(alone.fileno(), descriptor, inheritable=False)


def open_descriptors() -> frozenset[int]:
    """Return the file descriptors that this process has open; none where they cannot be listed."""
    if not _DESCRIPTORS.is_dir():
        return frozenset()
    numbers = [int(entry.name) for entry in _DESCRIPTORS.iterdir()]
    return frozenset(number for number in numbers if _is_open(number))


def _is_open(descriptor: int) -> bool:
    with suppress(OSError):  # the one that listed them is closed again
        os.fstat(descriptor)
        return True
    return False
