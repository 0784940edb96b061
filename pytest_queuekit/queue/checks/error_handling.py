"""Check 8: failures raise the queue's own errors, and the connection survives them."""

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
"""Seconds to wait for a lock that stays taken."""
_INSERT = "INSERT INTO task_queue (type, payload) VALUES ('probe', '{}')"
_CHECK = "check translation.py"

Action = Callable[[], object]


def problems(subject: Subject) -> Iterator[str]:
    """Yield each failure that raises the wrong error."""
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
                yield f"{name} does not derive from {parent.__name__}: check exceptions.py"


def _statement_problems(db: QueueDatabase) -> Iterator[str]:
    yield from _unexpected(
        "a statement with a syntax error",
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
        actions: dict[str, Action] = {
            "a transaction in": lambda: _write(db, _INSERT),
            "a single statement in": lambda: db.execute(_INSERT),
        }
        for case, action in actions.items():
            yield from _unexpected(f"{case} a locked database", exceptions.QueueBusyError, action)
        other.execute("ROLLBACK")


def _survival_problems(db: QueueDatabase) -> Iterator[str]:
    try:
        _write(db, _INSERT)
    except Exception as error:  # noqa: BLE001 - any error is a problem
        yield (
            f"after an error the next write raises {type(error).__name__}: {error}: "
            "roll back on any error; check transaction() in database.py"
        )


def _opening_problems(kind: type[QueueDatabase], folder: Path) -> Iterator[str]:
    text_file = folder / "text.db"
    text_file.write_text("this is not a database\n" * 100, encoding="ascii")
    newer = folder / "newer.db"
    with closing(kind(newer)) as db:
        db.initialize_schema()
    with closing(sqlite3.connect(newer)) as conn:
        conn.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION + 1}")
    cases = (
        ("a file that is not a database", text_file, exceptions.QueueCorruptError),
        ("a file of a newer version", newer, exceptions.QueueSchemaError),
        ("a folder", folder, exceptions.QueuePathError),
        ("a missing folder", folder / "no" / "a.db", exceptions.QueuePathError),
    )
    for case, path, wanted in cases:
        yield from _unexpected(case, wanted, lambda path=path: _open(kind, path))  # type: ignore[misc] # bound early on purpose


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


def _unexpected(case: str, wanted: type[Exception], action: Action) -> Iterator[str]:
    try:
        action()
    except wanted:
        return
    except Exception as error:  # noqa: BLE001 - any other error is a problem
        yield f"{case} raises {type(error).__name__}, not {wanted.__name__}: {_CHECK}"
    else:
        yield f"{case} raises nothing instead of {wanted.__name__}: {_CHECK}"
