"""A thread that does one job after another, so that a queue that hangs cannot hang the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from pytest_queuekit.recording.operation_log import Log

Job = Callable[[], None]

_LOOK = 0.5
_PATIENCE = 4
"""A job may take so many times the limit, if operations begin and end meanwhile."""


class Hung(Exception):  # noqa: N818 - it ends a run early, and is no error of anybody
    """A call on the queue did not come back: the history has an operation without an end."""


class Watchdog:
    """Does jobs in a thread of its own; all in the same one, since SQLite asks for that.

    log: where progress shows.
    limit: seconds without progress after which a job counts as hung.
    """

    def __init__(self, log: Log, limit: float) -> None:
        self._log = log
        self._limit = limit
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._answers: SimpleQueue[BaseException | None] = SimpleQueue()
        self._lost = False
        threading.Thread(target=self._work, name="queuekit-stage", daemon=True).start()

    def do(self, job: Job) -> None:
        """Do a job and raise what it raises. Raises Hung where it does not come back."""
        if self._lost:
            raise Hung
        self._jobs.put(job)
        # Ctrl-C ends the waiting, and the next job would take this one's answer for its own.
        self._lost = True
        error = self._answer()
        self._lost = False
        if error is not None:
            raise error

    def dismiss(self) -> None:
        """Let the thread end, as soon as it can."""
        self._jobs.put(None)

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
        while (job := self._jobs.get()) is not None:
            try:
                job()
                self._answers.put(None)
            except BaseException as error:  # noqa: BLE001 - it is raised again by `do`
                self._answers.put(error)
