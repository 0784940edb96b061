"""Runs the calls on a queue in a thread, so that a queue that hangs does not hang the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from pytest_queuekit.recording.operation_log import Log

Call = Callable[[], None]

_LOOK = 0.5
"""Seconds between two checks for progress."""
_PATIENCE = 4
"""How many times the limit a call may take, if operations begin and end meanwhile."""


class Hung(Exception):  # noqa: N818 - a signal that ends a run early, and no error of the kit
    """A call on the queue did not return: the history has an operation without an end."""


class Watchdog:
    """Does all jobs in one thread of its own, since SQLite binds a connection to its thread.

    log: the log that shows progress.
    limit: seconds without progress after which a call counts as hung.
    """

    def __init__(self, log: Log, limit: float) -> None:
        self._log = log
        self._limit = limit
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._answers: SimpleQueue[BaseException | None] = SimpleQueue()
        self._lost = False
        threading.Thread(target=self._work, name="queuekit-watched", daemon=True).start()

    def do(self, call: Call) -> None:
        """Do a call in the thread, and raise its error here; raise Hung if it does not return."""
        if self._lost:
            raise Hung
        self._calls.put(call)
        # If Ctrl-C ends the wait, the next call must not take the answer of this one.
        self._lost = True
        error = self._answer()
        self._lost = False
        if error is not None:
            raise error

    def dismiss(self) -> None:
        """Let the thread end after its current call."""
        self._calls.put(None)

    def _answer(self) -> BaseException | None:
        began = time.monotonic() - self._log.silence
        while True:
            try:
                return self._answers.get(timeout=min(_LOOK, self._limit))
            except Empty:
                taken = time.monotonic() - self._log.silence - began
                if min(taken, self._log.idle()) > self._limit or taken > _PATIENCE * self._limit:
                    raise Hung from None

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
                self._answers.put(None)
            except BaseException as error:  # noqa: BLE001 - raised again by `do`
                self._answers.put(error)
