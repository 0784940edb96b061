"""The queue on PostgreSQL: the same API as on SQLite, for several machines.

PostgresDatabase connects to a schema; PostgresTaskQueue runs the life of a task in it. Needs
psycopg 3, which open_queue() imports only for the URL of a PostgreSQL server.
"""

from __future__ import annotations

from .database import PostgresDatabase
from .tasks import PostgresTaskQueue

__all__ = ["PostgresDatabase", "PostgresTaskQueue"]
