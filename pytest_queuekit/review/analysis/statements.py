"""SQL, read as far as the checklist asks: what a statement does, to which table, with what."""

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
"""How the name begins that a parameter without a name is given; its place from 0 follows."""

_PLACED = re.compile(rf"{PARAMETER}(\d+)")
_LONGEST = 20_000
"""Letters of a statement that is read; longer ones hold data."""

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

    text: as it was written. kind: select, insert, update, delete, begin, commit, rollback,
    pragma, upkeep, ddl or other. mode: of a BEGIN, in lower case. setting: name and value that a
    PRAGMA sets. table: what is written to, or first read from. tables: all that are named.
    tree: the syntax, where it was parsed.
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
        """Whether it changes rows."""
        return self.kind in WRITES

    @property
    def where(self) -> exp.Expr | None:
        """The condition; None where there is none."""
        return self.tree.args.get("where") if self.tree is not None else None

    def tested(self) -> set[str]:
        """Return the columns that the condition looks at."""
        where = self.where
        named = () if where is None else where.find_all(exp.Column)
        return {one.name.lower() for one in named if not one.name.startswith(HOLE)}

    def assigned(self) -> dict[str, exp.Expr]:
        """Return the columns that an UPDATE sets, or an INSERT gives, with their values."""
        if isinstance(self.tree, exp.Update):
            return {
                one.this.name.lower(): one.expression
                for one in self.tree.expressions
                if isinstance(one, exp.EQ)
            }
        return _inserted(self.tree) if isinstance(self.tree, exp.Insert) else {}

    def related(self) -> Iterator[tuple[str, exp.Expr]]:
        """Yield columns with what they are set to or compared with."""
        yield from self.assigned().items()
        if self.tree is None:
            return
        for pair in self.tree.find_all(*_COMPARED):
            if pair.parent is self.tree:
                continue  # an assignment, which looks like a comparison
            for one, other in ((pair.this, pair.expression), (pair.expression, pair.this)):
                if isinstance(one, exp.Column):
                    yield one.name.lower(), other


def statements_of(text: str) -> tuple[Statement, ...]:
    """Return the statements of a text; what is no SQL, or cannot be parsed, is left out."""
    return _read(text) if looks_like_sql(text) else ()


def looks_like_sql(text: str) -> bool:
    """Whether a text begins like a statement."""
    word = _first_word(text)
    return word in _PARSED or word in _OTHERS


def parameter_of(node: exp.Expr | None) -> int | str | None:
    """Return the place or the name of a parameter; None for what is none."""
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
        return tuple(one for piece in text.split(";") for one in statements_of(piece))
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
    named = _REPLACE.sub("INSERT INTO", with_named_parameters(text))  # unknown to the parser
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
    """Whether it is a statement, and not a sentence that begins like one."""
    return tree is not None and not (isinstance(tree, exp.Update) and not tree.expressions)


def with_named_parameters(text: str) -> str:
    """Return SQL in which `?`, `?3`, `%s` and `%(name)s` are named, as in `:name`."""
    used = 0

    def name(found: re.Match[str]) -> str:
        nonlocal used
        piece = found[0]
        if piece[0] in "'\"-/":
            return piece
        if found["name"]:
            return f":{found['name']}"
        place = int(found["place"]) - 1 if found["place"] else used
        used = place + 1
        return f":{PARAMETER}{place}"

    return _PIECES.sub(name, text)


def _statement(text: str, tree: exp.Expr) -> Statement:
    kind = next((name for form, name in _KINDS.items() if isinstance(tree, form)), "other")
    named = {one.alias_or_name.lower() for one in tree.find_all(exp.CTE)}
    tables = [one.name.lower() for one in tree.find_all(exp.Table) if one.name]
    real = [one for one in tables if one not in named]
    return Statement(
        text=text,
        kind=kind,
        table=_target(tree) or (real[0] if real else ""),
        tables=frozenset(real),
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
    columns = [one.name.lower() for one in schema.expressions]
    return dict(zip(columns, given, strict=False))
