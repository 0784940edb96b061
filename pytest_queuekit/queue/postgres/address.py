"""Reads the URL of a queue on PostgreSQL, and shows it without its password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ..exceptions import QueueInputError
from ..messages import one_line, shown

SCHEMES = ("postgresql://", "postgres://")
"""The beginnings of a URL that names a PostgreSQL server."""
DEFAULT_SCHEMA = "queuekit"
"""The schema of a URL without ?schema=."""
CONNECT_SECONDS = 10
"""Seconds to wait for a new connection, unless the URL has a connect_timeout."""

_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME"
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_RESERVED = ("pg_", "information_schema")


@dataclass(frozen=True, kw_only=True)
class Address:
    """The place of a queue.

    conninfo: libpq's text for a connection, with the password. schema: the queue's schema.
    """

    conninfo: str
    schema: str

    def __repr__(self) -> str:
        return f"Address({self})"

    def __str__(self) -> str:
        """Return the URL without the password and without options."""
        parts = conninfo_to_dict(self.conninfo)
        user = f"{parts['user']}@" if parts.get("user") else ""
        port = f":{parts['port']}" if parts.get("port") else ""
        host = str(parts.get("host", ""))
        where = f"{user}{'' if host.startswith('/') else host}{port}"
        return one_line(f"postgresql://{where}/{parts.get('dbname', '')}?schema={self.schema}")

    def without_password(self, text: str) -> str:
        """Return another program's message, without the password and on one line."""
        password = conninfo_to_dict(self.conninfo).get("password")
        if password:
            text = text.replace(str(password), "***")
        return one_line(" ".join(text.split()))


def read_address(url: str) -> Address:
    """Return the place that a URL names. Raises QueueInputError, which never shows the URL."""
    if not isinstance(url, str) or not url.startswith(SCHEMES):
        raise QueueInputError(f"url: must be text such as {_FORM}")
    place, _, query = url.partition("?")
    options = [option for option in query.split("&") if option]
    schemas = [option for option in options if option.startswith("schema=")]
    others = "&".join(option for option in options if option not in schemas)
    schema = unquote(schemas[-1].partition("=")[2]) if schemas else DEFAULT_SCHEMA
    if not _SCHEMA.fullmatch(schema) or schema.startswith(_RESERVED):
        raise QueueInputError(
            f"schema={shown(schema)}: must be lower-case letters, digits and underscores, at most "
            "63, and no name of PostgreSQL's own"
        )
    parts: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "queuekit",
        **_read_by_libpq(f"{place}?{others}" if others else place),
    }
    return Address(conninfo=make_conninfo(**parts), schema=schema)


def _read_by_libpq(url: str) -> dict[str, Any]:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        parts = {"port": "unreadable"}
    # libpq looks at the ports when it connects.
    if all(port.isdecimal() for port in str(parts.get("port", "")).split(",") if port):
        return dict(parts)
    # libpq quotes the part that it cannot read, which may be the password.
    raise QueueInputError(
        f"url: is not a URL of PostgreSQL; write {_FORM}, with %XX for special characters"
    )
