"""The only module that replaces `sqlite3.connect`; other modules push hooks here.

A hook sees the arguments of each connect call, may change them, and sees the new connection.
`sqlite3.connect` is replaced while at least one hook is active, and restored afterwards. Code that
bound the function earlier (`from sqlite3 import connect`) bypasses the hooks.

`CONNECT_HOOKS` is process-wide state, and cannot be anything else: `sqlite3.connect` exists once in
a process, and components that do not know each other share it.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any

_FACTORY = 5
"""Index of `factory` among the positional arguments of sqlite3.connect."""


@dataclass(frozen=True, kw_only=True)
class ConnectCall:
    """The arguments of one call of sqlite3.connect.

    arguments: positional arguments; the database is the first of them, or in `options`.
    options: keyword arguments.
    """

    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    @property
    def factory(self) -> Any:
        """The class or function that makes the connection."""
        if len(self.arguments) > _FACTORY:
            return self.arguments[_FACTORY]
        return self.options.get("factory", sqlite3.Connection)

    def with_factory(self, factory: Any) -> ConnectCall:
        """Return the same call with another factory."""
        if len(self.arguments) > _FACTORY:
            before, after = self.arguments[:_FACTORY], self.arguments[_FACTORY + 1 :]
            return replace(self, arguments=(*before, factory, *after))
        return replace(self, options={**self.options, "factory": factory})


class ConnectHook:
    """Takes part in every call of sqlite3.connect. An exception raised here reaches the caller."""

    def before(self, call: ConnectCall) -> ConnectCall:
        """Return the call to make: the given one, or a changed copy."""
        return call

    def after(self, connection: sqlite3.Connection) -> None:
        """Prepare a new connection, before the caller gets it."""


class ConnectHooks:
    """A stack of hooks, and the replacement of `connect` in `modules` while it is not empty.

    The hook pushed last is the outermost: it is the first to see the arguments and the last to see
    the connection. Pushing and popping are safe from any thread.
    """

    def __init__(self, *modules: ModuleType) -> None:
        self._modules = modules
        self._lock = threading.Lock()
        # Replaced as a whole, never changed: a call in another thread keeps the tuple it read.
        self._hooks: tuple[ConnectHook, ...] = ()
        self._patches: list[_Patch] = []
        self._running = threading.local()

    def push(self, hook: ConnectHook) -> None:
        """Activate a hook for the calls that begin from now on."""
        with self._lock:
            self._hooks = (*self._hooks, hook)
            for module in self._modules:
                self._patch(module)

    def pop(self, hook: ConnectHook) -> None:
        """Deactivate a hook, wherever it is in the stack. Raises ValueError if it is not active."""
        with self._lock:
            active = [hook is other for other in self._hooks]
            if not any(active):
                raise ValueError(f"hook={hook!r} is not active: push it first, and pop it once")
            last = len(active) - 1 - active[::-1].index(True)
            self._hooks = self._hooks[:last] + self._hooks[last + 1 :]
            if not self._hooks:
                self._restore()

    @contextmanager
    def active(self, hook: ConnectHook) -> Iterator[None]:
        """Keep a hook active inside a `with` block."""
        self.push(hook)
        try:
            yield
        finally:
            self.pop(hook)

    def _patch(self, module: ModuleType) -> None:
        """Make sure that the next call of module.connect reaches the hooks."""
        # Another tool may have replaced `connect` since our last patch, and its function may call
        # ours or not. So ours goes on top, and `_connect` counts a call that passes both once.
        if not any(patch.is_in_place for patch in self._patches if patch.module is module):
            number = 1 + max((patch.number for patch in self._patches), default=0)
            original = module.connect
            replacement = functools.wraps(original)(partial(self._connect, number, original))
            patch = _Patch(module=module, number=number, original=original, replacement=replacement)
            vars(module)["connect"] = replacement
            self._patches.append(patch)

    def _restore(self) -> None:
        """Remove our patches, newest first, except those that another tool has covered."""
        for patch in reversed(self._patches.copy()):
            # A covered patch stays in the chain, without effect. The tool that covers it may
            # restore it later; the next push then uses it again.
            if patch.is_in_place:
                vars(patch.module)["connect"] = patch.original
                self._patches.remove(patch)

    def _connect(
        self, number: int, original: Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> Any:
        hooks = self._hooks
        outer = getattr(self._running, "number", 0)
        # A newer patch of ours is running in this thread and has called the hooks. An equal number
        # is a separate call: a factory that opens a second connection.
        if not hooks or outer > number:
            return original(*arguments, **options)
        call = ConnectCall(arguments=arguments, options=options)
        for hook in reversed(hooks):
            call = hook.before(call)
        self._running.number = number
        try:
            connection = original(*call.arguments, **call.options)
        finally:
            self._running.number = outer
        _prepare(connection, hooks)
        return connection


@dataclass(frozen=True, kw_only=True)
class _Patch:
    """One replacement of `connect`.

    module: sqlite3, or another module with the function.
    number: 1 for the first patch; a later patch has a greater number.
    original: the function that was there before.
    replacement: our function.
    """

    module: ModuleType
    number: int
    original: Callable[..., Any]
    replacement: Callable[..., Any]

    @property
    def is_in_place(self) -> bool:
        """True if `module.connect` is our function."""
        return self.module.connect is self.replacement


def _prepare(connection: sqlite3.Connection, hooks: tuple[ConnectHook, ...]) -> None:
    """Show a connection to the hooks; close it if a hook raises."""
    try:
        for hook in hooks:
            hook.after(connection)
    except BaseException:
        connection.close()
        raise


CONNECT_HOOKS = ConnectHooks(sqlite3, sqlite3.dbapi2)
"""The hooks of this process."""
