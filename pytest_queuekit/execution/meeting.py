"""Lets two actors meet: one stops in the middle of a call while the other makes a whole call.

A check followed by a write, a task moved in two steps, an enqueue in two commits: each is wrong
only if another call comes between two of its steps. So the first call stops before each of its
steps in turn, and the second call runs in that gap. If the second must wait for a lock that the
first holds, the first goes on.
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.steps import StepCounter, Steps, Stop
from pytest_queuekit.recording.operation_log import Gone
from pytest_queuekit.recording.recorder import Recorder

Call = Callable[[], Any]

_LEAST_PATIENCE = 0.002
"""Seconds after which the second call counts as waiting for the first, at least."""
_MOST_PATIENCE = 0.05
"""Seconds after which it does, however long it usually takes."""
_FACTOR = 20
"""How many times its usual length a call may take before it counts as waiting."""
_MOST_WORK = 0.5
"""Seconds for a call that does not sleep, on a slow disk or a busy machine, before it does."""
_LEAST_SHARE = 0.1
"""The part of its time that a working thread runs, at least. One that retries a lock runs less."""
_PARTING = 1.0
"""Seconds for a thread to end after the last call."""


class Gap(enum.Enum):
    """The fate of a call that another call was stopped for."""

    FREE = "it ran to its end in the gap"
    BLOCKED = "it waited for the stopped call"
    MISSED = "the first call ended before its gap"


class Side:
    """An actor with a thread and an instance of its own, since SQLite binds both together.

    actor: the actor's name.
    recorder: the actor; only `call` may use it.
    """

    def __init__(self, env: Environment, actor: str) -> None:
        self._env = env
        self._calls: SimpleQueue[tuple[Call, Future[Any]] | None] = SimpleQueue()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"queuekit-{actor}", daemon=True)
        self._thread.start()
        self.actor = actor
        self.recorder: Recorder = self.call(lambda: env.recorder(actor))

    def start(self, call: Call) -> Future[Any]:
        """Begin a call in the thread."""
        future: Future[Any] = Future()
        self._begun.clear()
        self._calls.put((call, future))
        return future

    def call(self, call: Call) -> Any:
        """Make a call in the thread, and return its answer or raise its error."""
        return self.start(call).result()

    def ends(self, call: Future[Any], usual: float) -> bool:
        """Wait until a call of this actor ends or waits for a lock; return True if it ended.

        usual: seconds that its calls take. Who waits for a lock sleeps for many times as long.
        """
        patience = min(max(_LEAST_PATIENCE, _FACTOR * usual), _MOST_PATIENCE)
        self._begun.wait()  # on a busy machine a thread takes long to wake up
        most = time.monotonic() + _MOST_WORK
        after = self._processor_time()
        while not (done := wait([call], patience).done):
            before, after = after, self._processor_time()
            works = after - before > _LEAST_SHARE * patience or self._runs()
            if not works or time.monotonic() > most:
                break
        return bool(done)

    def end(self) -> None:
        """Close the actor's instance and end the thread. A thread that hangs is left behind."""
        with suppress(Gone):
            self._calls.put((lambda: self._env.dispose(self.recorder), Future()))
        self._calls.put(None)
        self._thread.join(_PARTING)

    def _processor_time(self) -> float:
        """Return the seconds that the thread has run, or 0.0 where nobody knows.

        A thread that waits for the interpreter's lock sleeps, so that its state alone may lie.
        """
        ident = self._thread.ident
        if ident is None or not hasattr(time, "pthread_getcpuclockid"):
            return 0.0
        return time.clock_gettime(time.pthread_getcpuclockid(ident))

    def _runs(self) -> bool:
        """Return True if the thread runs or waits for a disk, False if it sleeps or nobody knows.

        Linux tells it (proc_pid_stat(5)): R runs, D waits for a disk.
        """
        try:
            status = Path(f"/proc/self/task/{self._thread.native_id}/stat").read_text()
        except OSError:
            return False
        return status.rpartition(")")[2].split()[0] in ("R", "D")

    def _work(self) -> None:
        while (work := self._calls.get()) is not None:
            call, future = work
            self._begun.set()
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again by `result`
                future.set_exception(error)


class Meeting:
    """Two actors whose calls meet.

    env: the environment in which they act.
    first, second: the names of the actors.
    """

    def __init__(self, env: Environment, first: str, second: str) -> None:
        self.env = env
        self.sides = tuple(Side(env, actor) for actor in (first, second))
        self._usual = 0.0

    def __enter__(self) -> Meeting:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for side in self.sides:
            side.end()

    def in_turn(
        self, first: tuple[Side, Call], second: tuple[Side, Call], meanwhile: Call = lambda: None
    ) -> Steps:
        """Make one call after the other, and return the steps of the first.

        meanwhile: is called between them.
        """
        side, call = first
        steps: Steps = side.call(partial(StepCounter().count, call))
        meanwhile()
        side, call = second
        began = time.monotonic()
        side.call(call)
        self._usual = time.monotonic() - began
        return steps

    def in_between(
        self,
        first: tuple[Side, Call],
        second: tuple[Side, Call],
        *,
        step: int,
        by_line: bool,
        meanwhile: Call = lambda: None,
    ) -> Gap:
        """Stop the first call before a step, and make the second call there.

        meanwhile: is called before the second call.
        """
        stop = Stop(step, by_line=by_line, patience=self.env.effort.limit)
        side, call = first
        one = side.start(lambda: stop.around(call))
        stop.stopped_or_over.wait()
        if stop.has_stopped:
            meanwhile()
        side, call = second
        other = side.start(call)
        done = side.ends(other, self._usual)
        stop.go_on()
        one.result()
        other.result()
        if not stop.has_stopped:
            return Gap.MISSED
        return Gap.FREE if done else Gap.BLOCKED
