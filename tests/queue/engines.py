"""The engines that the behaviour of the queue is tested on, each with an empty queue."""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from pytest_queuekit.queue import Queue, QueueDatabase, TaskQueue
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from pytest_queuekit.queue.postgres.testing import create_test_schema, drop_schema
from tests.queue.world import Clock, Database

SQLITE, POSTGRES = "sqlite", "postgres"
EVERY_ENGINE = [SQLITE, pytest.param(POSTGRES, marks=pytest.mark.server)]
"""In a module with `ENGINES = EVERY_ENGINE`, each test of a queue runs on all of them."""
on_sqlite = pytest.mark.parametrize("engine", [SQLITE], indirect=True)
"""Marks a test in such a module that is about SQLite alone."""

SERVER = os.environ.get("QUEUEKIT_POSTGRES_URL", "postgresql:///test")
"""The database for tests, in which each test has a schema of its own."""

# The tests write other people's SQL, in the dialect of SQLite.
_DATETIME = """
    CREATE FUNCTION {schema}.datetime(text, text DEFAULT '0 seconds') RETURNS timestamptz
    LANGUAGE sql AS $$ SELECT date_trunc('second', {schema}.test_now() + $2::interval) $$
"""


@functools.cache
def server_problem() -> str:
    """Return why no server answers in this process, or an empty text."""
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.Error as error:
        return f"no PostgreSQL server answers ({str(error).splitlines()[0]})"
    return ""


def need_server() -> None:
    """Fail if no server answers; tests/conftest.py leaves the tests out, except in CI."""
    if server_problem():
        pytest.fail(server_problem())


@contextmanager
def own_schema() -> Iterator[str]:
    """Yield the URL of a new schema without tables, and drop the schema at the end."""
    need_server()
    options = {"options": "-csynchronous_commit=off", "schema": f"test_{uuid.uuid4().hex}"}
    url = f"{SERVER}{'&' if '?' in SERVER else '?'}{urlencode(options)}"
    try:
        yield url
    finally:
        drop_schema(url)


@contextmanager
def timed_schema() -> Iterator[str]:
    """Yield the URL of a new schema in which the time can be set, and drop it at the end."""
    with own_schema() as url:
        create_test_schema(url)
        with psycopg.connect(SERVER) as conn:
            conn.execute(_DATETIME.format(schema=url.rpartition("=")[2]).encode())
        yield url


@contextmanager
def opened(engine: str, path: Path, clock: Clock) -> Iterator[Database]:
    """Yield an empty database of an engine, on the test's clock."""
    if engine == SQLITE:
        with QueueDatabase(path, clock=clock) as file:
            yield file
        return
    with timed_schema() as url, PostgresDatabase(url, clock=clock) as schema:
        yield schema


def queue_in(db: Database, **options: Any) -> Queue:
    """Return a queue in a database, with options of TaskQueue."""
    if isinstance(db, QueueDatabase):
        return TaskQueue(db, **options)
    return PostgresTaskQueue(db, **options)
