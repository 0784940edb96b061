"""Translates the errors of psycopg into the queue's errors, by SQLSTATE."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg import errors

from ..exceptions import (
    QueueBusyError,
    QueueConnectionError,
    QueueCorruptError,
    QueueDatabaseError,
    QueueDiskFullError,
    QueueInputError,
    QueueIntegrityError,
    QueuePermissionError,
    QueueReadOnlyError,
    QueueSchemaError,
)
from .address import Address

RETRIED = (errors.DeadlockDetected, errors.SerializationFailure)
"""The errors after which the server has undone the transaction, and asks for it again."""

_Kind = Callable[[str], QueueDatabaseError]

_BUSY = (
    "a lock or the server was in use for too long ({}); nothing was changed. Try again later, or "
    "shorten the other transaction"
)
_BY_CLASS: dict[str, tuple[_Kind, str]] = {
    "08": (QueueConnectionError, "the server cannot be reached ({}); try again later"),
    "22": (QueueInputError, "a value cannot be stored ({}); nothing was changed"),
    "23": (QueueIntegrityError, "a constraint rejected the change ({}); nothing was changed"),
    "28": (QueueConnectionError, "the server refused the role or its password ({})"),
    "40": (QueueBusyError, _BUSY),
    "53": (QueueBusyError, _BUSY),
    "55": (QueueBusyError, _BUSY),
    "57": (QueueConnectionError, "the server ended the connection ({}); try again later"),
    "XX": (QueueCorruptError, "the server reports damage ({}); stop writing, restore a backup"),
}
_BY_STATE: dict[str, tuple[_Kind, str]] = {
    "22003": (QueueInputError, "a number does not fit into 64 bits ({}); pass a smaller number"),
    "25006": (
        QueueReadOnlyError,
        "the server is read-only ({}); nothing was changed. If it is a standby, add "
        "target_session_attrs=read-write to the URL, with all hosts",
    ),
    "3D000": (QueueConnectionError, "the database is missing ({}); create it, or fix the URL"),
    "3F000": (QueueSchemaError, "the queue's schema is missing ({}); open the queue again"),
    "42501": (
        QueuePermissionError,
        "the role lacks a right ({}); nothing was changed. docs/postgres.md lists the rights that "
        "a queue needs",
    ),
    "42P01": (QueueSchemaError, "a table of the queue is missing ({}); open the queue again"),
    "53100": (QueueDiskFullError, "the server's disk is full ({}); nothing was changed"),
    "53300": (QueueBusyError, "the server has no free connection ({}); nothing was changed"),
    "57014": (QueueBusyError, "the server cancelled a statement ({}); nothing was changed"),
}


def translate(error: psycopg.Error, address: Address) -> QueueDatabaseError:
    """Return the queue's error for an error of psycopg that leaves nothing changed."""
    state = error.sqlstate or ""
    said = address.without_password(str(error).partition("\nCONTEXT:")[0])
    if not state and isinstance(error, psycopg.OperationalError):
        kind, sentence = _BY_CLASS["08"]
    elif not state and isinstance(error, psycopg.DataError):
        kind, sentence = _BY_CLASS["22"]
    else:
        default = (QueueDatabaseError, "{}")
        kind, sentence = _BY_STATE.get(state) or _BY_CLASS.get(state[:2]) or default
    return kind(f"{address}: {sentence.format(said)}")
