"""Opens connections with the settings of the queue."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from ..exceptions import QueueDatabaseError
from .address import Address
from .session import Connection
from .translation import translate

OLDEST_SERVER = 130_000
"""The first version of the server that the queue is written for."""
PREPARED_AFTER = 2
"""Executions of a statement after which the server keeps its plan."""

_ABOUT = """
    SELECT pg_backend_pid(), current_setting('server_version_num')::integer,
        current_setting('server_version')
"""
# Other than SET, one statement for all. The planner would read a table without statistics as a
# whole, and keep that plan while the table grows. Where it must read a table, it takes the cost for
# so high that it would compile the statement, for a second.
_SETTINGS = """
    SELECT set_config('statement_timeout', %(statement)s, false),
        set_config('lock_timeout', %(lock)s, false),
        set_config('default_transaction_isolation', 'read committed', false),
        set_config('jit', 'off', false),
        set_config('enable_seqscan', 'off', false),
        set_config('enable_bitmapscan', 'off', false)
"""
FOR_OTHER_SQL = """
    SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true)
"""
"""Lets the planner choose freely until the end of a transaction."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long the server may take, in seconds.

    lock: to wait for a lock. statement: for one statement.
    """

    lock: float
    statement: float


def open_connection(address: Address, limits: Limits) -> Connection:
    """Open a connection in autocommit. Raises QueueConnectionError or another of the queue's."""
    try:
        conn = psycopg.connect(address.conninfo, autocommit=True, prepare_threshold=PREPARED_AFTER)
    except psycopg.Error as error:
        raise translate(error, address) from None  # psycopg's may have the whole conninfo
    try:
        _prepare(conn, limits)
    except psycopg.Error as error:
        conn.close()
        raise translate(error, address) from error
    except BaseException:
        conn.close()
        raise
    return conn


def _prepare(conn: Connection, limits: Limits) -> None:
    row = conn.execute(_ABOUT).fetchone()
    pid, number, version = row or (0, 0, "")
    if number < OLDEST_SERVER:
        raise QueueDatabaseError(
            f"PostgreSQL {version} is too old: the queue needs version {OLDEST_SERVER // 10_000}"
        )
    if pid != conn.info.backend_pid:
        raise QueueDatabaseError(
            "a pooler such as pgbouncer stands between the queue and the server, and may give each "
            "transaction another session; connect to the server itself"
        )
    milliseconds = {name: str(round(value * 1000)) for name, value in vars(limits).items()}
    conn.execute(_SETTINGS, milliseconds)
