"""Schemas for tests, in which the time can be set. No other schema has the function for it."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from .address import Address, read_address
from .session import Session, Statements
from .translation import translate

_TEST_NOW = """
    CREATE FUNCTION $queue.test_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $body$
        SELECT coalesce(
            timestamptz 'epoch' + nullif(current_setting('queuekit.test_now', true), '')::bigint
                * interval '1 microsecond',
            clock_timestamp())
    $body$
"""
# Whoever still uses the schema would keep the connection waiting for ever.
_SETTINGS = """
    SELECT set_config('lock_timeout', '10s', true), set_config('client_min_messages', 'error', true)
"""


def create_test_schema(url: str) -> None:
    """Create the schema of a URL for tests: a PostgresDatabase with a `clock` sets its time."""
    _run(read_address(url), "CREATE SCHEMA $queue", _TEST_NOW)


def drop_schema(url: str) -> None:
    """Drop the schema of a URL with all tasks, if it exists."""
    _run(read_address(url), "DROP SCHEMA IF EXISTS $queue CASCADE")


def schema_names(url: str, prefix: str) -> Sequence[str]:
    """Return the schemas in the database of a URL whose names begin with a prefix."""
    address = read_address(url)
    try:
        with psycopg.connect(address.conninfo) as conn:
            sql = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY nspname"
            return [name for (name,) in conn.execute(sql, (prefix,))]
    except psycopg.Error as error:
        raise translate(error, address) from None


def _run(address: Address, *statements: str) -> None:
    try:
        with psycopg.connect(address.conninfo) as conn:
            conn.execute(_SETTINGS)
            session = Session(conn, Statements(address.schema), None)
            for statement in statements:
                session.change(statement)
    except psycopg.Error as error:
        raise translate(error, address) from None
