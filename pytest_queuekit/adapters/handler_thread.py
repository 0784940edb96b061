"""A worker of a library that runs handlers, in a thread of its own.

The kit's programs claim a task, hold it, and acknowledge it later, perhaps too late or never. The
library's worker takes a task and calls a handler, in one call. So the thread makes that call, and
the kit's handler waits in the middle of it: the program that claimed goes on, and says later
whether the handler returns or fails.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any

from pytest_queuekit.errors import AdapterError, NotRunError

RunOne = Callable[..., Any]
"""Runs at most one task: takes the worker's name, a handler, and options."""


class HandlerFailed(Exception):  # noqa: N818 - named for what it means to the library
    """The error that the kit's handler raises for a task that fails."""


class _RunIsOver(BaseException):
    """Ends a handler whose run is over, so that its thread can end."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the library's worker gave to the handler."""

    payload: Any
    task_id: Any = None
    attempt: int | None = None


@dataclass(frozen=True, kw_only=True)
class End:
    """The end of the library's call."""

    result: Any = None
    error: BaseException | None = None


class HandlerCall:
    """One call of the library's `run_one`, and the handler inside it.

    loop: the event loop's library for an async handler; None for a sync one.
    """

    def __init__(self, loop: str | None) -> None:
        self._loop = loop
        self._news: SimpleQueue[Task | End] = SimpleQueue()
        self._answered = threading.Event()
        self._wake: Callable[[], object] = self._answered.set
        self._error: BaseException | None = None
        self._hooks = _hooks()
        self._is_answered = self._is_given_up = False

    def run(self, run_one: RunOne, worker: str, options: Mapping[str, Any]) -> End:
        """Make the call, in the thread of the worker."""
        handler = self._handle if self._loop is None else self._handle_async
        try:
            _watch(self._hooks)
            return End(result=run_one(worker, handler, **options))
        except BaseException as error:  # noqa: BLE001 - raised again by the call that waits
            return End(error=error)
        finally:
            _watch(None)

    def close(self, end: End) -> None:
        """Tell the end to who waits for it."""
        self._news.put(end)

    def task(self) -> Task | None:
        """Wait for the task that the worker takes; return None if it finds none.

        Raises the error of the library's call.
        """
        news = self._news.get()
        if isinstance(news, Task):
            return news
        if news.error is not None:
            raise news.error
        return None

    def answer(self, error: BaseException | None) -> Any:
        """Let the handler return, or raise an error, and wait until the library's call ends.

        Returns what that call returns, and False if the library gave the handler up before. Raises
        the error of the call, unless it is the handler's own; AdapterError if the call goes on to a
        second task; NotRunError if the handler has had its answer.
        """
        if self._is_answered:
            raise NotRunError("ends one delivery twice", kind="unsupported")
        self._is_answered, self._error, self._hooks = True, error, _hooks()
        self._wake()
        end = self._news.get()
        if isinstance(end, Task):
            self.give_up()
            raise AdapterError("run_one() ran a second task: it must run one task at most")
        if end.error is not None and not _is_of(end.error, error):
            raise end.error
        return False if self._is_given_up else end.result

    def give_up(self) -> None:
        """Let the handler end somehow, since its run is over."""
        self._error = _RunIsOver()
        with suppress(RuntimeError):  # that of an event loop that has ended
            self._wake()

    def _handle(self, payload: Any, *, task_id: Any = None, attempt: int | None = None) -> None:
        """Stand for the user's function."""
        self._begin(payload, task_id, attempt)
        with self._noted():
            self._answered.wait()
        self._end()

    async def _handle_async(
        self, payload: Any, *, task_id: Any = None, attempt: int | None = None
    ) -> None:
        """Stand for the user's coroutine."""
        answered: Any
        if self._loop == "trio":
            import trio

            answered = trio.Event()
            self._wake = partial(trio.lowlevel.current_trio_token().run_sync_soon, answered.set)
        else:
            import asyncio

            answered = asyncio.Event()
            self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, answered.set)
        self._begin(payload, task_id, attempt)
        with self._noted():
            await answered.wait()
        self._end()

    def _begin(self, payload: Any, task_id: Any, attempt: int | None) -> None:
        _watch(None)
        self._news.put(Task(payload=payload, task_id=task_id, attempt=attempt))

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Note it if the library ends the handler's wait by an error, such as a time-out."""
        try:
            yield
        except BaseException:
            self._is_given_up = True
            raise

    def _end(self) -> None:
        _watch(self._hooks)
        if self._error is not None:
            raise self._error


class HandlerThread(threading.Thread):
    """A worker of the library.

    It has the name of the thread that made it, since the kit knows an actor by its thread's name.

    open_instance: opens the adapter's instance that the worker uses.
    close_instance: closes it.
    is_idle: True if the worker may be given a call.
    """

    def __init__(
        self, open_instance: Callable[[], Any], close_instance: Callable[[Any], object]
    ) -> None:
        super().__init__(name=threading.current_thread().name, daemon=True)
        self._open, self._close = open_instance, close_instance
        self._orders: SimpleQueue[tuple[HandlerCall, str, Mapping[str, Any]] | None] = SimpleQueue()
        self._instance: Any = None
        self._call: HandlerCall | None = None
        self.is_idle = True
        self.start()

    def begin(self, call: HandlerCall, worker: str, options: Mapping[str, Any]) -> None:
        """Make a call in the thread, which must be idle."""
        self.is_idle, self._call = False, call
        self._orders.put((call, worker, options))

    def disband(self) -> None:
        """End the call and the thread, since the run is over."""
        if self._call is not None:
            self._call.give_up()
        self._orders.put(None)

    def run(self) -> None:
        """Make one call after the other, then close the instance."""
        while (order := self._orders.get()) is not None:
            call, worker, options = order
            end = call.run(self._run_one, worker, options)
            self.is_idle = True
            call.close(end)
        if self._instance is not None:
            with suppress(Exception, SystemExit):  # nobody waits for the end of a worker
                self._close(self._instance)

    def _run_one(self, worker: str, handler: Any, **options: Any) -> Any:
        if self._instance is None:
            self._instance = self._open()
        return self._instance.run_one(worker, handler, **options)


def event_loop_of(adapter: type[Any]) -> str | None:
    """Return the event loop's library of an adapter whose `run_one` is async, else None."""
    is_async = inspect.iscoroutinefunction(inspect.unwrap(adapter.run_one))
    return adapter.event_loop if is_async else None


def _is_of(error: BaseException, own: BaseException | None) -> bool:
    """Return True for the handler's own error, as such or as the cause of the library's."""
    seen: BaseException | None = error
    while own is not None and seen is not None:
        if seen is own:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


_Hooks = tuple[Any, Any]


def _hooks() -> _Hooks | None:
    """Return what counts the steps of this thread's calls, if anything does."""
    return (profile, sys.gettrace()) if callable(profile := sys.getprofile()) else None


def _watch(hooks: _Hooks | None) -> None:
    """Let the steps of this thread be counted as those of the thread that waits for it."""
    if hooks is not None:
        profile, trace = hooks
        sys.settrace(trace)
        sys.setprofile(profile)
    elif callable(sys.getprofile()):
        sys.setprofile(None)
        sys.settrace(None)
