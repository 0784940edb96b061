"""Check 8: what goes wrong is raised as the queue's own errors, and the connection survives it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from .. import exceptions, schema
from ..database import QueueDatabase
from .scratch import scratch_database, scratch_folder, second_connection
from .subject import Subject

_SHORT = 0.05
"""Seconds to wait for a lock that is not going to be free."""
_INSERT = "INSERT INTO task_queue (type, payload) VALUES ('probe', '{}')"
_LOOK = "look at translation.py"

Deed = Callable[[], object]


def problems(subject: Subject) -> Iterator[str]:
    """Yield each mishap that ends in another error than it should."""
    yield from _family_problems()
    with scratch_database(subject.kind, busy_seconds=_SHORT) as db:
        yield from _statement_problems(db)
        yield from _busy_problems(db)
        yield from _survival_problems(db)
    with scratch_folder() as folder:
        yield from _opening_problems(subject.kind, folder)


def _family_problems() -> Iterator[str]:
    base = exceptions.QueueDatabaseError
    wanted = {"QueueBusyError": (base,), "QueueIntegrityError": (base, sqlite3.IntegrityError)}
    for name, parents in wanted.items():
        for parent in parents:
            if not issubclass(getattr(exceptions, name), parent):
                yield f"{name} does not derive from {parent.__name__}: look at exceptions.py"


def _statement_problems(db: QueueDatabase) -> Iterator[str]:
    yield from _unexpected(
        "a statement with a wrong syntax",
        exceptions.QueueDatabaseError,
        lambda: db.execute("SELEKT 1"),
    )
    yield from _unexpected(
        "a second row with the same id",
        exceptions.QueueIntegrityError,
        lambda: _write(db, *["INSERT INTO task_queue (id, type) VALUES (1, 'probe')"] * 2),
    )


def _busy_problems(db: QueueDatabase) -> Iterator[str]:
    with second_connection(db) as other:
        other.execute("BEGIN IMMEDIATE")
        deeds: dict[str, Deed] = {
            "a transaction in": lambda: _write(db, _INSERT),
            "a single statement in": lambda: db.execute(_INSERT),
        }
        for what, deed in deeds.items():
            yield from _unexpected(f"{what} a locked database", exceptions.QueueBusyError, deed)
        other.execute("ROLLBACK")


def _survival_problems(db: QueueDatabase) -> Iterator[str]:
    try:
        _write(db, _INSERT)
    except Exception as error:  # noqa: BLE001 - whatever is raised is the finding
        yield (
            f"after an error the next write raises {type(error).__name__}: {error}: "
            "roll back on any error; look at transaction() in database.py"
        )


def _opening_problems(kind: type[QueueDatabase], folder: Path) -> Iterator[str]:
    no_database = folder / "text.db"
    no_database.write_text("this is no database\n" * 100, encoding="ascii")
    newer = folder / "newer.db"
    with closing(kind(newer)) as db:
        db.initialize_schema()
    with closing(sqlite3.connect(newer)) as conn:
        conn.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION + 1}")
    cases = (
        ("a file that is no database", no_database, exceptions.QueueCorruptError),
        ("a file of a newer version", newer, exceptions.QueueSchemaError),
        ("a folder", folder, exceptions.QueuePathError),
        ("a missing folder", folder / "no" / "a.db", exceptions.QueuePathError),
    )
    for what, path, wanted in cases:
        yield from _unexpected(what, wanted, lambda path=path: _open(kind, path))  # type: ignore[misc] # bound early on purpose


def _open(kind: type[QueueDatabase], path: Path) -> None:
    db = kind(path, busy_seconds=_SHORT)
    try:
        with db.connection() as conn:
            conn.execute("SELECT 1 FROM task_queue LIMIT 1").fetchone()
    finally:
        db.close()


def _write(db: QueueDatabase, *statements: str) -> None:
    with db.transaction() as conn:
        for statement in statements:
            conn.execute(statement)


def _unexpected(what: str, wanted: type[Exception], deed: Deed) -> Iterator[str]:
    try:
        deed()
    except wanted:
        return
    except Exception as error:  # noqa: BLE001 - whatever else is raised is the finding
        yield f"{what} raises {type(error).__name__}, not {wanted.__name__}: {_LOOK}"
    else:
        yield f"{what} raises nothing, not {wanted.__name__}: {_LOOK}"
