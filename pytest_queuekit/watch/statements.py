"""What an SQL statement does, as far as the watch must know; values are written in its text."""

from __future__ import annotations

import re

_FIRST = re.compile(r"\s*([A-Za-z]+)")
_TEXT = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|$)", re.DOTALL
)
_PART = re.compile(r"[()]|[A-Za-z_]\w*")
_VERBS = ("SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "REPLACE")
_VALUE = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
_ORDINAL = re.compile(r"\bBY\b[^()]*?\b\d", re.IGNORECASE)
_TABLES = re.compile(r"\b(?:task_queue|task_logs|workers)\b", re.IGNORECASE)
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)
_STATUS_BECOMES = re.compile(r"(?:\bSET|,)\s*status\s*=\s*$", re.IGNORECASE)
_LEASED = "'leased'"

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_BEFORE = 40
"""Letters in front of a value in which its column stands."""
_LONGEST = 100_000
"""Letters; a statement with more, in which some payload stands, is not looked up."""


def verb(sql: str) -> str:
    """Return the word that says what a statement does, in capitals, also behind comments and WITH.

    Empty if there is none.
    """
    first = _FIRST.match(sql)
    if first is not None and first[1].upper() != "WITH":
        return first[1].upper()
    depth, word = 0, ""
    for found in _PART.finditer(_TEXT.sub(" ", sql)):
        part = found[0].upper()
        if part in "()":
            depth += 1 if part == "(" else -1
        elif depth == 0:
            if part in _VERBS or (not word and part != "WITH"):
                return part
            word = word or part
    return word


def is_end(sql: str) -> bool:
    """Whether a statement ends a transaction."""
    first = _FIRST.match(sql)
    word = first[1].upper() if first else ""
    return word in ("COMMIT", "END") or (word == "ROLLBACK" and " TO" not in sql.upper())


def is_lookup(sql: str) -> bool:
    """Whether a statement looks for certain rows in the queue's tables."""
    if len(sql) > _LONGEST or not _TABLES.search(sql):
        return False
    return _WHERE.search(_TEXT.sub(" ", sql)) is not None


def leases(sql: str) -> bool:
    """Whether a statement leases tasks; every statement comes by, so it looks at the word alone."""
    at = sql.find(_LEASED)
    while at != -1:
        if _STATUS_BECOMES.search(sql, max(at - _BEFORE, 0), at):
            return True
        at = sql.find(_LEASED, at + 1)
    return False


def shape(sql: str) -> str:
    """Return a statement without its values, so that it is looked up once.

    One with a number after ORDER BY or GROUP BY, which may mean a column, stays as it is.
    """
    return sql if _ORDINAL.search(sql) else _VALUE.sub("?", sql)
