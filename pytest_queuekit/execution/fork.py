"""Forks the process of an actor, with its instance open.

Only an actor with a process of its own may fork: the process of pytest has threads, and a lock that
one of them holds stays locked in the child.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from pytest_queuekit.errors import ActorError, NotRunError
from pytest_queuekit.model.history import FORKS
from pytest_queuekit.recording.operation_log import Gone
from pytest_queuekit.recording.recorder import Recorder

_LIMIT = 25.0
"""Seconds for a child: longer than a queue usually waits for a lock."""
_LOOK = 0.01


class Child:
    """A forked process, as its parent sees it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def wait(self) -> None:
        """Wait until the child ends. Kill one that takes too long: its call never returned.

        Raises ActorError if it ended by an error that is not the queue's.
        """
        deadline = time.monotonic() + _LIMIT
        while time.monotonic() < deadline:
            ended, status = os.waitpid(self._pid, os.WNOHANG)
            if ended:
                if os.waitstatus_to_exitcode(status) == 1:
                    raise ActorError("the forked child failed; it printed the error above")
                return
            time.sleep(_LOOK)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def fork(recorder: Recorder, actor: str, program: Callable[[Recorder], None]) -> Child:
    """Run a program in a forked child, as another actor with the same instance.

    Raises NotRunError where processes cannot fork, and for an actor in the process of others.
    """
    if not recorder.own_process:
        raise NotRunError("needs an actor with a process of its own to fork", kind="unsupported")
    if not hasattr(os, "fork"):
        raise NotRunError("needs os.fork(), which this system does not have", kind="unsupported")
    heir = recorder.shared_with(actor)
    recorder.note(**{FORKS: actor})
    # The watchdog of an actor is a thread, of which Python would warn. Each process gets its own.
    faulthandler.cancel_dump_traceback_later()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a queue may have a thread
        pid = os.fork()
    faulthandler.dump_traceback_later(4 * _LIMIT, exit=True)
    if pid == 0:
        _run(heir, program)
    return Child(pid)


def _run(recorder: Recorder, program: Callable[[Recorder], None]) -> NoReturn:
    """Run a program and end the process at once, as `multiprocessing` does with its children."""
    status = 1
    try:
        with suppress(Gone):
            program(recorder)
        status = 0
    except BaseException:  # noqa: BLE001 - printed for the parent, and told by the status
        traceback.print_exc()
    finally:
        os._exit(status)
