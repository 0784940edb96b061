"""Check 3: all tables, columns, constraints and triggers exist, and the file is sound.

A team may add its own tables, columns and indexes. The index performance check covers the
indexes that only speed up queries.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from .. import schema
from .schema_objects import Column, SchemaObjects, Table, expected_objects, objects_of
from .subject import Subject

_SHOWN = 5
_RESTORE = "QueueDatabase(path).initialize_schema() restores it"


def problems(subject: Subject) -> Iterator[str]:
    """Yield the missing parts of the schema, and the damage that SQLite finds."""
    with subject.reading() as conn:
        version = int(conn.execute("PRAGMA user_version").fetchone()[0])
        actual = objects_of(conn)
        if not actual.tables:
            yield f"{subject.place} has no tables: initialize_schema() creates them"
            return
        yield from _version_problems(subject.place, version)
        yield from _differences(subject.place, actual, expected_objects())
        yield from _damage(subject.place, conn)


def _version_problems(place: str, version: int) -> Iterator[str]:
    wanted = schema.SCHEMA_VERSION
    if version > wanted:
        yield (
            f"user_version is {version} in {place}, made by a newer version of the queue; "
            f"this version supports up to {wanted}: update the queue's code"
        )
    elif version < wanted:
        yield f"user_version is {version} in {place}, not {wanted}: {_RESTORE}"


def _differences(place: str, actual: SchemaObjects, wanted: SchemaObjects) -> Iterator[str]:
    for name, table in wanted.tables.items():
        if name.startswith("sqlite_"):
            continue
        if name not in actual.tables:
            yield f"table {name} is missing in {place}: {_RESTORE}"
        else:
            yield from _table_problems(place, name, actual.tables[name], table)
    yield from _text_problems(place, "unique index", actual.unique_indexes, wanted.unique_indexes)
    yield from _text_problems(place, "trigger", actual.triggers, wanted.triggers)


def _table_problems(place: str, name: str, actual: Table, wanted: Table) -> Iterator[str]:
    for column in wanted.columns.values():
        present = actual.columns.get(column.name)
        if present is None:
            yield f"column {name}.{column.name} is missing in {place}: {_add(name, column)}"
        elif present != column:
            yield (
                f"column {name}.{column.name} is {_described(present)} in {place}, "
                f"not {_described(column)}: {_copy_rows(name)}"
            )
    for constraint in sorted(wanted.constraints - actual.constraints):
        yield f"constraint {constraint} of {name} is missing in {place}: {_copy_rows(name)}"
    for own, table, key, action in sorted(wanted.references - actual.references):
        yield (
            f"{name}.{own} does not refer to {table}.{key} ON DELETE {action} in {place}: "
            f"{_copy_rows(name)}"
        )


def _add(table: str, column: Column) -> str:
    if column.computed or column.key or column.not_null:
        return _copy_rows(table)
    return f"ALTER TABLE {table} ADD COLUMN {column.name} {column.type}"


def _copy_rows(table: str) -> str:
    return f"create a new file with QueueDatabase, and copy the rows of {table} into it"


def _described(column: Column) -> str:
    words = [column.type or "without a type"]
    words += ["NOT NULL"] * column.not_null + ["PRIMARY KEY"] * bool(column.key)
    return " ".join(words + ["(computed)"] * column.computed)


def _text_problems(
    place: str, kind: str, actual: Mapping[str, str], wanted: Mapping[str, str]
) -> Iterator[str]:
    for name, sql in wanted.items():
        if name not in actual:
            yield f"{kind} {name} is missing in {place}: {_RESTORE}"
        elif actual[name] != sql:
            yield (f"{kind} {name} is not the queue's own in {place}: drop it, then {_RESTORE}")


def _damage(place: str, conn: sqlite3.Connection) -> Iterator[str]:
    for row in conn.execute(f"PRAGMA quick_check({_SHOWN})").fetchall():
        if row[0] != "ok":
            yield (
                f"{place} is damaged ({row[0]}): stop writing to it, and restore a backup with "
                "TaskQueue.restore(path)"
            )
    orphans = conn.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN)
    for table, rowid, parent, _ in (tuple(row) for row in orphans):
        yield (
            f"row {rowid} of {table} refers to a missing row of {parent} in {place}: "
            "delete it, and connect with foreign_keys=ON"
        )
