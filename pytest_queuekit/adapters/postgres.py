"""The reference queue on PostgreSQL: each queue of a run is a schema of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_queuekit.adapters.namespaces import PREFIX, fresh_name, made_at
from pytest_queuekit.adapters.reference import ApiQueue
from pytest_queuekit.errors import UsageError
from pytest_queuekit.queue import QueueConnectionError, QueueInputError, QueuePermissionError
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from pytest_queuekit.queue.postgres.testing import create_test_schema, drop_schema, schema_names

SERVER_VARIABLE = "QUEUEKIT_POSTGRES_URL"
"""The environment variable with the URL of a database in which the kit may create schemas."""
DEFAULT_SERVER = "postgresql:///postgres"
"""The database of a run without the variable: on this machine, as the user of this process."""

_IN_STEP = 5.0
"""Seconds by which the clocks of this machine and of the server may differ."""
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


class PostgresQueue(ApiQueue):
    """The reference queue on PostgreSQL, by priority.

    A location is the name of a schema: reports show it, and the URL may have a password. All times
    are the server's. Under the kit's virtual clock, they are this process's: the schemas of a run
    have a function for that, which no other schema has.
    """

    name = "postgres"
    connections = 4

    def __init__(self, location: str) -> None:
        url = _url_of(location)
        self.db = PostgresDatabase(url, max_connections=self.connections)
        if abs(self.db.read(_NOW)[0][0] - time.time()) > _IN_STEP:
            self.db.close()
            self.db = PostgresDatabase(
                url, max_connections=self.connections, clock=lambda: time.time()
            )
        self.queue = PostgresTaskQueue(self.db)

    @classmethod
    def provision(cls, folder: Path) -> str:
        """Create a schema for one queue. Raises UsageError if no server answers."""
        location = fresh_name(folder)
        try:
            create_test_schema(_url_of(location))
        except (QueueConnectionError, QueueInputError, QueuePermissionError) as error:
            raise UsageError(
                f"start a PostgreSQL server, or set {SERVER_VARIABLE} to the URL of a database in "
                f"which the role may create schemas: {error}"
            ) from error
        return location

    @classmethod
    def dispose(cls, location: str) -> None:
        """Drop the schema."""
        drop_schema(_url_of(location))

    @classmethod
    def leftovers(cls) -> Sequence[str]:
        """Return the schemas that runs have made and not dropped."""
        names = schema_names(_url_of(PREFIX), PREFIX)
        return [name for name in names if made_at(name) is not None]


def _url_of(schema: str) -> str:
    server = os.environ.get(SERVER_VARIABLE, DEFAULT_SERVER)
    return f"{server}{'&' if '?' in server else '?'}schema={schema}"
