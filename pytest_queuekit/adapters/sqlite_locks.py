"""For adapters of libraries that let SQLite's own errors through."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from pytest_queuekit.model.adapter import QueueAdapter

A = TypeVar("A", bound=QueueAdapter)


class DatabaseLockedError(Exception):
    """SQLite gave up waiting for somebody else's lock; nothing changed."""


def locked_is_busy(adapter: type[A]) -> type[A]:
    """Make the methods of an adapter class say "busy" where SQLite says that it is locked.

    SQLite reports a lock with the class of many other errors, so that class alone cannot be
    declared as `busy`: a full disk is no reason to try again.
    """
    for name, method in list(vars(adapter).items()):
        if callable(method) and not name.startswith("_"):
            setattr(adapter, name, _translated(method))
    if DatabaseLockedError not in adapter.busy:
        adapter.busy = (*adapter.busy, DatabaseLockedError)
    return adapter


def _translated(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except sqlite3.OperationalError as error:
            # The lower byte is the primary code; the rest says which kind of busy it was.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise DatabaseLockedError(str(error)) from error
            raise

    return call
