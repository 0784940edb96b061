"""Lets the kit call an adapter whose methods are async.

The kit calls methods and awaits nothing. In place of an async adapter it gets a subclass with the
same methods, each of which awaits the adapter's own in the event loop of the instance.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_queuekit.adapters.handler_adapter import HandlerAdapter
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.verbs import METHODS

if TYPE_CHECKING:
    from pytest_queuekit.adapters.event_loop import EventLoop

Method = Callable[..., Any]
_CLASS_METHODS = ("provision", "dispose", "leftovers")


def awaited(adapter: type[QueueAdapter]) -> type[QueueAdapter]:
    """Return a class whose methods await those of an adapter; the adapter itself if none is async.

    All that the kit calls on an instance runs in the instance's own event loop, `__init__` and
    sync methods included, since clients often belong to the loop in which they were made.

    Raises AdapterError for an adapter of the wrong form.
    """
    own = {
        name: method
        for name in _names(adapter)
        if (method := getattr(adapter, name)) is not getattr(QueueAdapter, name, None)
    }
    if not any(map(inspect.iscoroutinefunction, own.values())):
        return adapter
    Contract.of(adapter)  # checks the class as its author wrote it
    body = {
        name: _in_its_loop(method) for name, method in own.items() if name not in _CLASS_METHODS
    }
    body |= {"__init__": _opens(adapter), "close": _closes(adapter)}
    body |= {name: _in_a_loop(adapter, name) for name in _CLASS_METHODS if name in own}
    identity = {name: getattr(adapter, name) for name in ("__module__", "__qualname__", "__doc__")}
    kind: type[QueueAdapter] = types.new_class(
        adapter.__name__, (adapter,), exec_body=lambda namespace: namespace.update(body | identity)
    )
    return kind


def _names(adapter: type[QueueAdapter]) -> set[str]:
    """Return the names of the methods that may be async."""
    names = {*METHODS, *_CLASS_METHODS}
    if issubclass(adapter, HandlerAdapter):  # whose own claims wait for a worker, outside the loop
        return names - {"claim", "complete", "fail"} | {"run_one"}
    return names


def _in_its_loop(method: Method) -> Method:
    """Return a method that runs another in the event loop of the instance."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        loop = self._queuekit_loop
        if threading.current_thread() is loop.thread:
            return method(self, *args, **options)  # one method of the adapter calls another
        if not loop.serves:  # the instance was closed, or a child of a fork uses it
            loop = self._queuekit_loop = _started(type(self))
        return loop.answer(functools.partial(method, self, *args, **options))

    return call


def _opens(adapter: type[QueueAdapter]) -> Method:
    """Return an `__init__` that runs that of an adapter, then its `open`, in a new event loop."""
    finish = getattr(adapter, "open", None)

    async def begin(instance: QueueAdapter, location: str) -> None:
        adapter.__init__(instance, location)
        if inspect.iscoroutinefunction(finish):
            await finish(instance)

    @functools.wraps(adapter.__init__)
    def initialize(self: Any, location: str) -> None:
        self._queuekit_loop = _started(adapter)
        try:
            self._queuekit_loop.answer(functools.partial(begin, self, location))
        except BaseException:
            self._queuekit_loop.stop()
            raise

    return initialize


def _closes(adapter: type[QueueAdapter]) -> Method:
    """Return a `close` that also ends the event loop."""
    close = _in_its_loop(adapter.close)

    @functools.wraps(adapter.close)
    def close_all(self: Any) -> None:
        try:
            close(self)
        finally:
            self._queuekit_loop.stop()

    return close_all


def _in_a_loop(adapter: type[QueueAdapter], name: str) -> Any:
    """Return a class method that runs another in an event loop for this call alone."""
    method = getattr(adapter, name)

    @functools.wraps(method)
    def call(_cls: type, *place: Any) -> Any:
        loop = _started(adapter)
        try:
            return loop.answer(functools.partial(method, *place))
        finally:
            loop.stop()

    return classmethod(call)


def _started(adapter: type[QueueAdapter]) -> EventLoop:
    from pytest_queuekit.adapters.event_loop import event_loop  # slow to load, for it needs asyncio

    modules = (sys.modules.get(base.__module__) for base in adapter.__mro__)
    files = {getattr(module, "__file__", None) for module in modules}
    return event_loop(adapter.event_loop, {str(file) for file in files if file})
