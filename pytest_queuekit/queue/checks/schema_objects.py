"""The tables, indexes and triggers of a database, in a form for comparison."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache

from .. import schema

_SPACE = re.compile(r"\s+")
_OPTIONAL = re.compile(r"^(CREATE (?:UNIQUE )?\w+) IF NOT EXISTS ", re.IGNORECASE)
_CONSTRAINT = re.compile(r"\bCONSTRAINT (\w+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: name, declared type, and its NOT NULL, key and computed flags."""

    name: str
    type: str
    not_null: bool
    key: int
    computed: bool


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns by name, the names of its constraints, and its foreign keys."""

    columns: dict[str, Column]
    constraints: frozenset[str]
    references: frozenset[tuple[str, str, str, str]]


@dataclass(frozen=True, kw_only=True)
class SchemaObjects:
    """The objects of a schema. Indexes and triggers are SQL by name, with single spaces.

    indexes: only speed up queries. unique_indexes: keep out duplicate rows.
    """

    tables: dict[str, Table]
    indexes: dict[str, str]
    unique_indexes: dict[str, str]
    triggers: dict[str, str]


def objects_of(conn: sqlite3.Connection) -> SchemaObjects:
    """Read the schema of a database."""
    rows = [tuple(row) for row in conn.execute("SELECT type, name, sql FROM sqlite_master")]
    texts = {
        wanted: {
            name: _OPTIONAL.sub(r"\1 ", _SPACE.sub(" ", sql).strip())
            for kind, name, sql in rows
            if kind == wanted and sql
        }
        for wanted in ("table", "index", "trigger")
    }
    unique = {
        name for name, sql in texts["index"].items() if sql.upper().startswith("CREATE UNIQUE")
    }
    return SchemaObjects(
        tables={name: _table(conn, name, sql) for name, sql in texts["table"].items()},
        indexes={name: sql for name, sql in texts["index"].items() if name not in unique},
        unique_indexes={name: texts["index"][name] for name in unique},
        triggers=texts["trigger"],
    )


def expected_objects() -> SchemaObjects:
    """Return the schema that this version of the queue creates."""
    return _expected(schema.STATEMENTS)


@lru_cache(maxsize=2)
def _expected(statements: tuple[str, ...]) -> SchemaObjects:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as conn:
        for statement in statements:
            conn.execute(statement)
        return objects_of(conn)


def _table(conn: sqlite3.Connection, name: str, sql: str) -> Table:
    quoted = '"' + name.replace('"', '""') + '"'
    # cid, name, type, notnull, default, pk, hidden: 2 and 3 are computed columns.
    columns = [
        Column(name=row[1], type=row[2], not_null=bool(row[3]), key=row[5], computed=row[6] > 1)
        for row in conn.execute(f"PRAGMA table_xinfo({quoted})")
    ]
    references = conn.execute(f"PRAGMA foreign_key_list({quoted})").fetchall()
    return Table(
        columns={column.name: column for column in columns},
        constraints=frozenset(_CONSTRAINT.findall(sql)),
        # id, seq, table, from, to, on_update, on_delete
        references=frozenset((row[3], row[2], row[4] or "", row[6]) for row in references),
    )
