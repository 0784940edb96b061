"""An event loop in a thread of its own, which serves one instance of an async adapter.

The loop runs for the whole life of the instance: what a library does in the background, such as
sending heartbeats, goes on between two calls, as it does in a worker.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Set
from functools import partial
from pathlib import Path
from types import CoroutineType
from typing import Any

from pytest_queuekit.errors import AdapterError

Call = Callable[[], Any]
"""Returns a result, or what must be awaited for it."""
_Outcome = tuple[Any, BaseException | None]


def event_loop(library: str, files: Set[str]) -> EventLoop:
    """Start an event loop of asyncio, uvloop or trio.

    files: those of the adapter's code, which must await what it calls. Raises AdapterError if the
    library is not installed.
    """
    try:
        if library == "trio":
            return _TrioLoop(files)
        return _AsyncioLoop(importlib.import_module(library).new_event_loop, files)
    except ModuleNotFoundError as error:
        raise AdapterError(
            f"event_loop={library!r} needs a package that is not installed: pip install {library}"
        ) from error


class EventLoop(ABC):
    """Awaits the calls of one instance."""

    thread: _LoopThread

    @property
    def serves(self) -> bool:
        """True if the loop runs, and in this process: a fork takes no thread along."""
        return self.thread.is_alive() and self.thread.process == os.getpid()

    def answer(self, call: Call) -> Any:
        """Await a call in the loop, from another thread; return its result.

        Raises its error, or AdapterError if the adapter's code did not await what it called.
        """
        result, error = self._run(call)
        forgotten = self.thread.forgotten.copy()
        self.thread.forgotten.clear()
        if error is not None:
            raise error
        if forgotten:
            raise AdapterError(f"{forgotten[0]}: write `await` before the call")
        return result

    def stop(self) -> None:
        """Cancel what still runs in the loop, and end its thread. Does nothing if it has ended."""
        if self.serves:
            self._end()
            self.thread.join()

    @abstractmethod
    def _end(self) -> None: ...

    @abstractmethod
    def _run(self, call: Call) -> _Outcome: ...


class _AsyncioLoop(EventLoop):
    def __init__(self, factory: Callable[[], asyncio.AbstractEventLoop], files: Set[str]) -> None:
        self._loop = factory()
        self.thread = _LoopThread(self._live, files)
        self.thread.start()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, call: Call) -> _Outcome:
        running = asyncio.run_coroutine_threadsafe(_outcome(call), self._loop)
        try:
            return running.result()
        except BaseException:  # the wait was interrupted, as by Ctrl-C
            running.cancel()
            raise

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


class _TrioLoop(EventLoop):
    def __init__(self, files: Set[str]) -> None:
        self._trio = importlib.import_module("trio")
        self._begun = threading.Event()
        self.thread = _LoopThread(partial(self._trio.run, self._live), files)
        self.thread.start()
        self._begun.wait()

    def _end(self) -> None:
        self._token.run_sync_soon(self._ended.set)

    def _run(self, call: Call) -> _Outcome:
        outcome: _Outcome = self._trio.from_thread.run(_outcome, call, trio_token=self._token)
        return outcome

    async def _live(self) -> None:
        self._token, self._ended = self._trio.lowlevel.current_trio_token(), self._trio.Event()
        self._begun.set()
        await self._ended.wait()


async def _outcome(call: Call) -> _Outcome:
    """Await a call. An error is returned, since some errors would end the loop or its task."""
    try:
        result = call()
        return (await result if inspect.isawaitable(result) else result), None
    except (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:  # noqa: BLE001 - told
        return None, error


class _LoopThread(threading.Thread):
    """A thread that runs an event loop.

    It has the name of the thread that made it, since the kit knows an actor by its thread's name.

    process: the process that made the thread.
    forgotten: the calls whose coroutines were dropped before they began.
    """

    def __init__(self, target: Callable[[], None], files: Set[str]) -> None:
        super().__init__(target=target, name=threading.current_thread().name, daemon=True)
        self._files = files
        self.process = os.getpid()
        self.forgotten: list[str] = []

    def run(self) -> None:
        sys.set_coroutine_origin_tracking_depth(1)  # of this thread alone
        _replace_warning()
        try:
            super().run()
        finally:
            _restore_warning(self)

    def notes(self, coroutine: CoroutineType[Any, Any, Any]) -> bool:
        """Note a coroutine that nobody awaited, if the adapter's own code made it."""
        file, line, _ = (coroutine.cr_origin or (("", 0, ""),))[0]
        if file in self._files:
            made = f"{Path(file).name}:{line} calls {coroutine.__qualname__}()"
            self.forgotten.append(f"{made} and does not await it")
        return file in self._files


# CPython calls this function of `warnings` for a coroutine that was never awaited, in the thread
# that drops it. A warning filter would hold for all threads, and see no coroutine.
_TELLS = "_warn_unawaited_coroutine"
_replacing = threading.Lock()


def _replace_warning() -> None:
    with _replacing:
        tells = getattr(warnings, _TELLS, None)
        if tells is not None and getattr(tells, "func", None) is not _note_or_warn:
            setattr(warnings, _TELLS, partial(_note_or_warn, tells))


def _restore_warning(ending: _LoopThread) -> None:
    with _replacing:
        tells = getattr(warnings, _TELLS, None)
        others = (thread for thread in threading.enumerate() if thread is not ending)
        if not isinstance(tells, partial) or tells.func is not _note_or_warn:
            return
        if not any(isinstance(thread, _LoopThread) for thread in others):
            setattr(warnings, _TELLS, tells.args[0])


def _note_or_warn(
    warn: Callable[[CoroutineType[Any, Any, Any]], None], coroutine: CoroutineType[Any, Any, Any]
) -> None:
    thread = threading.current_thread()
    if not (isinstance(thread, _LoopThread) and thread.notes(coroutine)):
        warn(coroutine)
