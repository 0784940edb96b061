"""The child's side of an actor in a forked process: it makes the calls that its parent asks for.

Requests and answers are pickled. A claim and a value that pickle cannot carry stay in the child,
and the parent gets something that stands for them.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from pytest_queuekit.execution.python_time import python_follows
from pytest_queuekit.execution.sqlite_time import sqlite_follows_python
from pytest_queuekit.execution.steps import Death
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.history import Outcome
from pytest_queuekit.recording.raised import describe_error


@dataclass(frozen=True, kw_only=True)
class Request:
    """A call that a child makes.

    method: the name of the adapter's method; "__init__" opens the queue.
    arguments, options: those of the call.
    wall: the nanoseconds of the wall clock since the Unix epoch; None for the system's.
    death: the number of the step before which the child dies, and whether lines are counted.
    """

    method: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any]
    wall: int | None
    death: tuple[int, bool] | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to a request.

    value: the value that the call returned.
    error: the error that it raised; None if pickle cannot carry it.
    text: the error in words; empty without one.
    outcome: the outcome that the error stands for.
    """

    value: Any = None
    error: BaseException | None = None
    text: str = ""
    outcome: Outcome = Outcome.OK


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Stands for a value that stays in the child."""

    number: int


class Child:
    """Makes the calls of one actor.

    adapter: the class of the adapter.
    """

    def __init__(self, adapter: type[QueueAdapter]) -> None:
        self._adapter = adapter
        self._instance: QueueAdapter | None = None
        self._kept: list[Any] = []
        self._now = 0

    def serve(self, pipe: Connection) -> None:
        """Answer requests until the other end closes."""
        with suppress(EOFError, ConnectionError), ExitStack() as clocks:
            follows = False
            while True:
                request: Request = pipe.recv()
                if request.wall is not None:
                    self._now = request.wall
                    if not follows:
                        clocks.enter_context(python_follows(lambda: self._now))
                        clocks.enter_context(sqlite_follows_python())
                        follows = True
                pipe.send_bytes(self._answer(request))

    def _answer(self, request: Request) -> bytes:
        try:
            answer = Answer(value=self._portable(self._call(request)))
        except BaseException as error:  # noqa: BLE001 - raised again by the parent
            answer = Answer(
                error=error if _survives_pickle(error) else None,
                text=describe_error(error),
                outcome=self._outcome(error),
            )
        return pickle.dumps(answer)

    def _call(self, request: Request) -> Any:
        arguments = [self._local(argument) for argument in request.arguments]
        replies: list[Any] = []

        def call() -> None:
            replies.append(self._method(request.method)(*arguments, **request.options))

        if request.death is None:
            call()
        else:
            step, by_line = request.death
            Death(step, by_line=by_line).around(call)
        return replies[0]

    def _method(self, name: str) -> Callable[..., Any]:
        if name == "__init__":
            return self._open
        method: Callable[..., Any] = getattr(self._instance, name)
        return method

    def _open(self, location: str) -> None:
        self._instance = self._adapter(location)

    def _outcome(self, error: BaseException) -> Outcome:
        if isinstance(error, self._adapter.busy):
            return Outcome.BUSY
        return Outcome.REFUSED if isinstance(error, self._adapter.refuses) else Outcome.UNKNOWN

    def _portable(self, value: Any) -> Any:
        """Return what stands for a value in the parent."""
        if isinstance(value, Claim):
            return replace(
                value,
                task_id=self._portable(value.task_id),
                attempt=self._portable(value.attempt),
                token=self._portable(value.token),
                handle=self._keep(value),
            )
        if isinstance(value, list):
            return [self._portable(each) for each in value]
        return value if _survives_pickle(value) else self._keep(value)

    def _keep(self, value: Any) -> Kept:
        self._kept.append(value)
        return Kept(number=len(self._kept) - 1)

    def _local(self, value: Any) -> Any:
        """Return the value for which something stands in the parent."""
        if isinstance(value, Claim):
            value = value.handle
        return self._kept[value.number] if isinstance(value, Kept) else value


def _survives_pickle(value: Any) -> bool:
    if value is None or isinstance(value, str | int | float | bytes):
        return True
    try:
        pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - a value may raise anything
        return False
    return True
