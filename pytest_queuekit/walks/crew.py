"""The crew of a concurrent walk: each actor has a thread, so that its call can stop half-way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any

from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.meeting import Side
from pytest_queuekit.execution.steps import StepCounter, Steps, Stop
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.walks.notes import Notes
from pytest_queuekit.walks.walker import Walker

Call = Callable[[], Any]
Learn = Callable[[Steps], None]
"""Takes the steps that a call had."""


class Crew:
    """The actors of a walk by name. Each makes its calls in a thread of its own, if it is free.

    env: the environment in which they act.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._sides: dict[str, Side] = {}
        self._busy: dict[str, Future[Any]] = {}
        self._counter = StepCounter()
        self._calls, self._taken = 0, 0.0

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for side in self._sides.values():
            side.end()

    def open(self, name: str) -> Recorder:
        """Return an actor. The first call opens the queue for it."""
        if name not in self._sides:
            self._sides[name] = Side(self._env, name)
        return self._sides[name].recorder

    def call(self, name: str, call: Call, learn: Learn | None = None) -> None:
        """Let an actor make a call, and wait for its end.

        learn: takes the steps of the call; counting them takes time.
        """
        self.open(name)
        began = time.monotonic()
        if learn is None:
            self._sides[name].call(call)
        else:
            learn(self._sides[name].call(partial(self._counter.count, call)))
        self._calls, self._taken = self._calls + 1, self._taken + time.monotonic() - began

    def meet(self, first: tuple[str, Call], others: Iterator[tuple[str, Call]], stop: Stop) -> bool:
        """Let one call stop, and other actors make their calls in the gap, one after the other.

        If one of them waits for the stopped call, that goes on. The calls after it then meet its
        rest. An actor that is in the middle of a call makes none. Returns True if one waited.
        """
        waited = False
        name, call = first
        self._busy[name] = self._sides[name].start(lambda: stop.around(call))
        stop.stopped_or_over.wait()
        for rival, other in others:
            if rival in self._busy:
                continue
            self._busy[rival] = self._sides[rival].start(other)
            if self._sides[rival].ends(self._busy[rival], self._taken / max(self._calls, 1)):
                self._busy.pop(rival).result()
            else:
                waited = True
                stop.go_on()
        stop.go_on()
        while self._busy:
            self._busy.popitem()[1].result()
        return waited


class CrewWalker(Walker):
    """Does the steps of a walk whose actors have threads of their own.

    crew: the actors. notes: takes what the walk shows about its calls.
    """

    def __init__(self, env: Environment, crew: Crew, notes: Notes) -> None:
        super().__init__(env)
        self.crew = crew
        self.notes = notes
        self._labelling = threading.Lock()

    def actor(self, name: str) -> Recorder:
        """Return an actor of the crew. The collector at the end has no thread."""
        return super().actor(name) if name == "collector" else self.crew.open(name)

    def next_label(self) -> str:
        """Return the label of the next task."""
        with self._labelling:
            return super().next_label()

    def reopen(self, name: str) -> None:
        """Refuse: the threads of a walk keep their instances. Raises UsageError."""
        raise UsageError(f"actor {name!r} cannot reopen the queue in a walk with a Meet")

    def crash(self, name: str) -> None:
        """Refuse: the threads of a walk keep their instances. Raises UsageError."""
        raise UsageError(f"actor {name!r} cannot crash in a walk with a Meet")

    def may_call(self, actor: Recorder) -> bool:
        """Return True in the thread of an actor: SQLite binds a connection to its thread.

        A step means the latest delivery, which may be another one by the time it is done.
        """
        return threading.current_thread().name == f"queuekit-{actor.actor}"
