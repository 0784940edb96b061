"""The reference queue on PostgreSQL: each queue of a run is a schema of its own."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

from pytest_queuekit.adapters.reference import ApiQueue
from pytest_queuekit.errors import UsageError
from pytest_queuekit.queue import QueueConnectionError, QueueInputError
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from pytest_queuekit.queue.postgres.testing import create_test_schema, drop_schema

SERVER_VARIABLE = "QUEUEKIT_POSTGRES_URL"
"""The environment variable with the URL of a database in which the kit may create schemas."""
DEFAULT_SERVER = "postgresql:///postgres"
"""The database of a run without the variable: on this machine, as the user of this process."""

_IN_STEP = 5.0
"""Seconds by which the clocks of this machine and of the server may differ."""
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


class PostgresQueue(ApiQueue):
    """The reference queue on PostgreSQL, by priority.

    All times are the server's. Under the kit's virtual clock, they are this process's: the schemas
    of a run have a function for that, which no other schema has.
    """

    name = "postgres"
    connections = 4

    def __init__(self, location: str) -> None:
        self.db = PostgresDatabase(location, max_connections=self.connections)
        if abs(self.db.read(_NOW)[0][0] - time.time()) > _IN_STEP:
            self.db.close()
            self.db = PostgresDatabase(
                location, max_connections=self.connections, clock=lambda: time.time()
            )
        self.queue = PostgresTaskQueue(self.db)

    @classmethod
    def provision(cls, folder: Path) -> str:
        """Create a schema for one queue. Raises UsageError if no server answers."""
        del folder
        server = os.environ.get(SERVER_VARIABLE, DEFAULT_SERVER)
        separator = "&" if "?" in server else "?"
        location = f"{server}{separator}schema=queuekit_{uuid.uuid4().hex}"
        try:
            create_test_schema(location)
        except (QueueConnectionError, QueueInputError) as error:
            raise UsageError(
                f"{SERVER_VARIABLE}: {error}. Start a PostgreSQL server, or set the variable to "
                "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            ) from error
        return location

    @classmethod
    def dispose(cls, location: str) -> None:
        """Drop the schema."""
        drop_schema(location)
