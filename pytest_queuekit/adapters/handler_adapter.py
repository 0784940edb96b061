"""The base class for adapters of libraries that hand out no tasks, but run handlers."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self

from pytest_queuekit.adapters.handler_thread import (
    HandlerCall,
    HandlerFailed,
    HandlerThread,
    event_loop_of,
)
from pytest_queuekit.errors import AdapterError, NotRunError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.adapter_form import check_call
from pytest_queuekit.model.capabilities import Sharing

_MOST_HANDLERS = 200
"""Handlers that may wait in the workers of one instance. Each has a thread and a connection."""
_PARTING = 1.0
"""Seconds for a thread to end after the run."""


class HandlerAdapter(QueueAdapter):
    """The base class of an adapter for a library that runs handlers, as a worker of celery does.

    A subclass defines `run_one` in place of `claim`, `complete` and `fail`. The kit gives it a
    handler that waits until the kit's program ends the task, so that all rules about claims and
    acknowledgements apply: the call of the handler is the delivery, its return the completion.

    Each worker has an instance and a thread of its own, unless `sharing` says that all share one.
    """

    ends_once = True
    _queuekit_workers: _Workers

    def __new__(cls, location: str) -> Self:
        """Make an instance that knows how to open another one for each worker."""
        self = super().__new__(cls)
        self._queuekit_workers = _Workers(self, location)
        return self

    def __init_subclass__(cls, **options: Any) -> None:
        """Give `claim` the options of the subclass's `run_one`."""
        super().__init_subclass__(**options)
        for name in ("claim", "complete", "fail"):
            if name in vars(cls):
                raise AdapterError(f"{cls.__name__} defines {name}(), which run_one() replaces")
        if "run_one" in vars(cls):
            cls.claim = _claim_like(cls.run_one)  # type: ignore[method-assign]

    def run_one(self, worker: str, handler: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Take the next task and run `handler(payload)`, as the library's worker does.

        Return without a call of the handler if no task is ready. The library decides what the
        handler's return and its error mean; an error of the handler may leave this method. False
        means that the library refused the acknowledgement.

        handler: takes the payload, and `task_id` and `attempt` by name if they are known. In an
            async method it must be awaited.
        Options: `lease`, `capabilities`, as those of `claim`.
        """
        raise self._undeclared("run_one(self, worker, handler)")

    def claim(self, worker: str, *args: Any, **options: Any) -> Claim | None:
        """Let a worker take a task; return when the handler begins, or when there is none."""
        return self._queuekit_workers.claim(worker, options)

    def complete(self, claim: Claim) -> Any:
        """Let the handler return; return when the worker is done with the task."""
        return claim.handle.answer(None)

    def fail(self, claim: Claim, error: str, *args: Any, **options: Any) -> Any:
        """Let the handler raise an error; return when the worker is done with the task."""
        return claim.handle.answer(HandlerFailed(error))

    def disband(self) -> None:
        """End all workers, once the run is over. A worker that hangs is left behind."""
        self._queuekit_workers.disband()


def check_worker(adapter: type[QueueAdapter]) -> None:
    """Raise AdapterError for an adapter of handlers without a `run_one` that the kit can call."""
    if issubclass(adapter, HandlerAdapter):
        where = f"{adapter.__module__}:{adapter.__qualname__}"
        if adapter.run_one is HandlerAdapter.run_one:
            raise AdapterError(f"{where} must define run_one(self, worker, handler)")
        run_one = inspect.getattr_static(adapter, "run_one")
        check_call(where, "run_one", ("worker", "handler"), run_one)


class _Workers:
    """The workers of one instance: each claim occupies one until its task ends."""

    def __init__(self, instance: HandlerAdapter, location: str) -> None:
        self._adapter = type(instance)
        self._open: Callable[[], HandlerAdapter] = lambda: instance
        self._close: Callable[[HandlerAdapter], object] = lambda _: None
        if instance.sharing is Sharing.PROCESSES:
            self._open, self._close = partial(self._adapter, location), self._adapter.close
        self._threads: list[HandlerThread] = []

    def claim(self, worker: str, options: Mapping[str, Any]) -> Claim | None:
        """Let an idle worker take a task. Raises NotRunError if too many hold one."""
        call = HandlerCall(event_loop_of(self._adapter))
        self._idle().begin(call, worker, options)
        task = call.task()
        if task is None:
            return None
        return Claim(
            task_id=task.task_id,
            payload=task.payload,
            worker=worker,
            attempt=task.attempt,
            handle=call,
        )

    def disband(self) -> None:
        """End all workers."""
        for thread in self._threads:
            thread.disband()
        for thread in self._threads:
            thread.join(_PARTING)
        self._threads.clear()

    def _idle(self) -> HandlerThread:
        self._threads = [thread for thread in self._threads if thread.is_alive()]  # after a fork
        for thread in self._threads:
            if thread.is_idle:
                return thread
        if len(self._threads) == _MOST_HANDLERS:
            raise NotRunError(
                f"needs more than {_MOST_HANDLERS} handlers at a time", kind="unsupported"
            )
        thread = HandlerThread(self._open, self._close)
        self._threads.append(thread)
        return thread


def _claim_like(run_one: Callable[..., Any]) -> Callable[..., Claim | None]:
    """Return a `claim` whose signature has the options of a `run_one`."""

    @functools.wraps(HandlerAdapter.claim)
    def claim(self: HandlerAdapter, worker: str, **options: Any) -> Claim | None:
        return HandlerAdapter.claim(self, worker, **options)

    taken = inspect.signature(run_one)
    kept = [option for name, option in taken.parameters.items() if name != "handler"]
    claim.__signature__ = taken.replace(parameters=kept)  # type: ignore[attr-defined]
    return claim
