"""SQL statements: their kind, their tables, and the columns that they test or set."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from pytest_queuekit.review.analysis.texts import HOLE

PARAMETER = "qk_parameter_"
"""Prefix of the name that replaces a `?`; its position, from 0, follows."""

_PLACED = re.compile(rf"{PARAMETER}(\d+)")
_LONGEST = 20_000
"""Characters of a statement; a longer one holds data and is not parsed."""

_PIECES = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\?(?P<place>\d*)|%s|%\((?P<name>\w+)\)s",
    re.DOTALL,
)
_LEADING = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_TRIGGER = re.compile(r"\bTRIGGER\b", re.IGNORECASE)  # its body has statements of its own
_REPLACE = re.compile(r"^\s*REPLACE\s+INTO\b", re.IGNORECASE)
_BEGIN = re.compile(r"BEGIN(?:\s+(DEFERRED|IMMEDIATE|EXCLUSIVE|CONCURRENT))?\b", re.IGNORECASE)
_PRAGMA = re.compile(r"PRAGMA\s+(?:\w+\.)?(\w+)\s*[=(]\s*'?([\w.+-]+)", re.IGNORECASE)

_PARSED = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"})
_OTHERS = {
    "BEGIN": "begin",
    "START": "begin",
    "COMMIT": "commit",
    "END": "commit",
    "ROLLBACK": "rollback",
    "PRAGMA": "pragma",
    "VACUUM": "upkeep",
    "ANALYZE": "upkeep",
    "REINDEX": "upkeep",
    "CREATE": "ddl",
    "ALTER": "ddl",
    "DROP": "ddl",
}
_KINDS: dict[type[exp.Expr], str] = {
    exp.Select: "select",
    exp.SetOperation: "select",
    exp.Insert: "insert",
    exp.Update: "update",
    exp.Delete: "delete",
}
_DIALECTS = ("sqlite", "postgres")
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.Like, exp.Glob)

WRITES = frozenset({"insert", "update", "delete"})
"""The kinds of statement that change rows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Statement:
    """One statement.

    text: the SQL.
    kind: select, insert, update, delete, begin, commit, rollback, pragma, upkeep, ddl or other.
    mode: the mode of a BEGIN, in lower case.
    setting: the name and the value that a PRAGMA sets.
    table: the table that it writes to, or else the first that it reads.
    tables: all tables in it.
    tree: the syntax tree, if it was parsed.
    """

    text: str
    kind: str
    mode: str = ""
    setting: tuple[str, str] | None = None
    table: str = ""
    tables: frozenset[str] = frozenset()
    tree: exp.Expr | None = None

    @property
    def writes(self) -> bool:
        """True if the statement changes rows."""
        return self.kind in WRITES

    @property
    def where(self) -> exp.Expr | None:
        """The WHERE clause, if there is one."""
        return self.tree.args.get("where") if self.tree is not None else None

    def tested(self) -> set[str]:
        """Return the columns in the WHERE clause."""
        where = self.where
        columns = () if where is None else where.find_all(exp.Column)
        return {column.name.lower() for column in columns if not column.name.startswith(HOLE)}

    def assigned(self) -> dict[str, exp.Expr]:
        """Return the columns that an UPDATE or an INSERT sets, with their values."""
        if isinstance(self.tree, exp.Update):
            return {
                assignment.this.name.lower(): assignment.expression
                for assignment in self.tree.expressions
                if isinstance(assignment, exp.EQ)
            }
        return _inserted(self.tree) if isinstance(self.tree, exp.Insert) else {}

    def related(self) -> Iterator[tuple[str, exp.Expr]]:
        """Yield columns with the values that they are set to or compared with."""
        yield from self.assigned().items()
        if self.tree is None:
            return
        for pair in self.tree.find_all(*_COMPARED):
            if pair.parent is self.tree:
                continue  # an assignment, which the parser represents as a comparison
            for side, other in ((pair.this, pair.expression), (pair.expression, pair.this)):
                if isinstance(side, exp.Column):
                    yield side.name.lower(), other


def statements_of(text: str) -> tuple[Statement, ...]:
    """Return the statements in a text, without those that cannot be parsed."""
    return _read(text) if looks_like_sql(text) else ()


def looks_like_sql(text: str) -> bool:
    """Return True if a text begins like a statement."""
    word = _first_word(text)
    return word in _PARSED or word in _OTHERS


def parameter_of(node: exp.Expr | None) -> int | str | None:
    """Return the position or the name of a parameter; None for any other node."""
    if not isinstance(node, exp.Placeholder | exp.Parameter):
        return None
    placed = _PLACED.fullmatch(node.name)
    return int(placed[1]) if placed else node.name


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Statement, ...]:
    word = _first_word(text)
    if word in _PARSED:
        return _parse(text) if len(text) <= _LONGEST else ()
    several = ";" in text.strip().rstrip(";") and not _TRIGGER.search(text)
    if several:
        return tuple(each for piece in text.split(";") for each in statements_of(piece))
    return (_plain(text, word),)


def _first_word(text: str) -> str:
    begin = _LEADING.match(text)
    word = _WORD.match(text, begin.end() if begin else 0)
    return word[0].upper() if word else ""


def _plain(text: str, word: str) -> Statement:
    begun, pragma = _BEGIN.search(text), _PRAGMA.search(text)
    return Statement(
        text=text,
        kind=_OTHERS[word],
        mode=(begun[1] or "deferred").lower() if word == "BEGIN" and begun else "",
        setting=(pragma[1].lower(), pragma[2]) if word == "PRAGMA" and pragma else None,
    )


def _parse(text: str) -> tuple[Statement, ...]:
    named = _REPLACE.sub("INSERT INTO", with_named_parameters(text))  # the parser lacks REPLACE
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        for dialect in _DIALECTS:
            try:
                trees = sqlglot.parse(named, read=dialect)
            except (SqlglotError, RecursionError):
                continue
            return tuple(_statement(text, tree) for tree in trees if _is_whole(tree))
    finally:
        logger.disabled = before
    return ()


def _is_whole(tree: exp.Expr | None) -> TypeGuard[exp.Expr]:
    """Return True for a statement, and False for English that begins like a statement."""
    return tree is not None and not (isinstance(tree, exp.Update) and not tree.expressions)


def with_named_parameters(text: str) -> str:
    """Return SQL with `:name` in place of `?`, `?3`, `%s` and `%(name)s`."""
    used = 0

    def name(match: re.Match[str]) -> str:
        nonlocal used
        piece = match[0]
        if piece[0] in "'\"-/":
            return piece
        if match["name"]:
            return f":{match['name']}"
        place = int(match["place"]) - 1 if match["place"] else used
        used = place + 1
        return f":{PARAMETER}{place}"

    return _PIECES.sub(name, text)


def _statement(text: str, tree: exp.Expr) -> Statement:
    kind = next((name for form, name in _KINDS.items() if isinstance(tree, form)), "other")
    subqueries = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    names = [each.name.lower() for each in tree.find_all(exp.Table) if each.name]
    tables = [name for name in names if name not in subqueries]
    return Statement(
        text=text,
        kind=kind,
        table=_target(tree) or (tables[0] if tables else ""),
        tables=frozenset(tables),
        tree=tree,
    )


def _target(tree: exp.Expr) -> str:
    target = tree.this if isinstance(tree, exp.Insert | exp.Update | exp.Delete) else None
    if isinstance(target, exp.Schema):
        target = target.this
    return target.name.lower() if isinstance(target, exp.Table) else ""


def _inserted(tree: exp.Insert) -> dict[str, exp.Expr]:
    schema, values = tree.this, tree.expression
    if not isinstance(schema, exp.Schema) or not isinstance(values, exp.Values):
        return {}
    first = values.expressions[0] if values.expressions else None
    given = first.expressions if isinstance(first, exp.Tuple) else []
    columns = [column.name.lower() for column in schema.expressions]
    return dict(zip(columns, given, strict=False))
