"""Forks the processes of actors: `python -m pytest_queuekit.execution.fork_server`.

A new interpreter for each actor would take a tenth of a second. This process imports the adapter
once, and has neither threads nor connections, so that its children begin as new ones do. The first
argument is the number of its socket, the second its job as JSON.

A message with a file descriptor asks for a child that answers calls through it. Any other message
is the number of a child, which is killed and reaped.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NoReturn

from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.execution.forked_child import Child
from pytest_queuekit.execution.importing import import_files
from pytest_queuekit.execution.python_time import python_follows
from pytest_queuekit.model.adapter import QueueAdapter

_MOST = 64
"""Bytes of the longest message to the server."""


def main() -> None:
    """Serve until the parent closes its end."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    job = json.loads(sys.argv[2])
    import_files(job["files"])
    adapter = resolve(job["spec"]).adapter
    with python_follows(time.time_ns):  # once here, since the first time takes ten milliseconds
        pass
    while True:
        word, descriptors, _, _ = socket.recv_fds(orders, _MOST, 1)
        if descriptors:
            pid = os.fork()
            if pid == 0:
                orders.close()
                _run(adapter, Connection(descriptors[0]))
            os.close(descriptors[0])
            orders.sendall(str(pid).encode())
        elif word:
            orders.sendall(str(_bury(int(word))).encode())
        else:
            return


def _run(adapter: type[QueueAdapter], pipe: Connection) -> NoReturn:
    try:
        Child(adapter).serve(pipe)
    finally:
        os._exit(0)


def _bury(pid: int) -> int:
    """Kill a child, if it lives, and return its exit status."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
