"""open_queue(): a queue in a file or on a PostgreSQL server, by its place."""

from __future__ import annotations

import os
from typing import Any

from .database import QueueDatabase
from .exceptions import QueueDriverError
from .protocol import Queue
from .tasks import TaskQueue

_SERVERS = ("postgresql://", "postgres://")


def open_queue(place: str | os.PathLike[str] | None = None, **options: Any) -> Queue:
    """Return the queue at a place, with the same API on every engine.

    place: the path of a file, ':memory:', None for the default file, or the URL of a PostgreSQL
        server: postgresql://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME.
    options: retry, rng, max_payload_bytes and max_compatibility_bytes, as for TaskQueue.

    The first use opens the file or connects, and creates the tables. Raises QueueDriverError if
    psycopg is not installed, and QueueInputError for an unreadable URL.
    """
    if not isinstance(place, str) or not place.startswith(_SERVERS):
        return TaskQueue(QueueDatabase(place), **options)
    try:
        from .postgres import PostgresDatabase, PostgresTaskQueue
    except ImportError as error:
        if (error.name or "psycopg").partition(".")[0] != "psycopg":
            raise
        raise QueueDriverError(
            f"a queue on PostgreSQL needs psycopg 3 ({error}). "
            "Run pip install 'pytest-queuekit[postgres]', or pip install 'psycopg[binary]'"
        ) from error
    return PostgresTaskQueue(PostgresDatabase(place), **options)
