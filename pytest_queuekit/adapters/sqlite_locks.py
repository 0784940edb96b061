"""Tells "the database is locked" from the other errors of SQLite, for adapters of libraries."""

from __future__ import annotations

import functools
import inspect
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from pytest_queuekit.model.adapter import QueueAdapter

A = TypeVar("A", bound=QueueAdapter)
Errors = tuple[type[Exception], ...]


class DatabaseLockedError(Exception):
    """SQLite gave up waiting for the lock of another connection; nothing changed."""


@overload
def locked_is_busy(adapter: type[A]) -> type[A]: ...
@overload
def locked_is_busy(*, errors: Errors) -> Callable[[type[A]], type[A]]: ...


def locked_is_busy(
    adapter: type[A] | None = None, *, errors: Errors = ()
) -> type[A] | Callable[[type[A]], type[A]]:
    """Make the methods of an adapter class raise DatabaseLockedError, and declare that as busy.

    A method is translated if it raises SQLite's "database is locked", or an error that wraps it:
    its `orig` (SQLAlchemy), `__cause__` or `__context__` is SQLite's error, at any depth. A
    wrapper that the class declares in `refuses` or `busy` stays as it is.

    errors: classes of a library that hides SQLite's error. One of these means busy if its message
        contains "database is locked".
    """
    if adapter is None:
        return functools.partial(_decorated, errors=errors)
    return _decorated(adapter, errors)


def _decorated(adapter: type[A], errors: Errors) -> type[A]:
    for name, method in list(vars(adapter).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(adapter, name, _translated(method, errors))
    # SQLite reports a lock with the class of many other errors, such as a full disk. That class
    # cannot be declared as busy.
    if DatabaseLockedError not in adapter.busy:
        adapter.busy = (*adapter.busy, DatabaseLockedError)
    return adapter


def _translated(method: Callable[..., Any], errors: Errors) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: QueueAdapter, *args: Any, **kwargs: Any) -> Any:
        with _translating(self, errors):
            return method(self, *args, **kwargs)

    @functools.wraps(method)
    async def await_call(self: QueueAdapter, *args: Any, **kwargs: Any) -> Any:
        with _translating(self, errors):
            return await method(self, *args, **kwargs)

    return await_call if inspect.iscoroutinefunction(method) else call


@contextmanager
def _translating(adapter: QueueAdapter, errors: Errors) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        declared = isinstance(error, (*adapter.refuses, *adapter.busy))
        suspects = [error] if declared else _wrapped(error)
        if any(_is_lock(suspect, errors) for suspect in suspects):
            raise DatabaseLockedError(str(error)) from error
        raise


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and the errors that it wraps, each once."""
    waiting, known = [error], {id(error)}
    while waiting:
        current = waiting.pop(0)
        yield current
        # SQLite's own error speaks for itself. Counter-example: "disk full" while a lock is
        # handled has the lock as its context, and trying again does not help.
        if isinstance(current, sqlite3.Error):
            continue
        for inner in (getattr(current, "orig", None), current.__cause__, current.__context__):
            if isinstance(inner, BaseException) and id(inner) not in known:
                known.add(id(inner))
                waiting.append(inner)


def _is_lock(error: BaseException, errors: Errors) -> bool:
    if isinstance(error, sqlite3.OperationalError) and hasattr(error, "sqlite_errorcode"):
        # The lower byte is the primary code; the rest says which kind of busy it was.
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return isinstance(error, (sqlite3.OperationalError, *errors)) and "database is locked" in str(
        error
    )
