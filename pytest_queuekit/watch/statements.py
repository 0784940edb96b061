"""Finds out the effect of an SQL statement from its text.

The values of its parameters are already filled in there.
"""

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
"""Characters before a value that are searched for its column."""
_LONGEST = 100_000
"""Characters; a longer statement contains a payload, and its plan is not checked."""


def verb(sql: str) -> str:
    """Return the verb of a statement in capitals, after comments and WITH; empty if none."""
    first = _FIRST.match(sql)
    if first is not None and first[1].upper() != "WITH":
        return first[1].upper()
    depth, word = 0, ""
    for match in _PART.finditer(_TEXT.sub(" ", sql)):
        part = match[0].upper()
        if part in "()":
            depth += 1 if part == "(" else -1
        elif depth == 0:
            if part in _VERBS or (not word and part != "WITH"):
                return part
            word = word or part
    return word


def is_end(sql: str) -> bool:
    """Return True if a statement ends a transaction."""
    first = _FIRST.match(sql)
    word = first[1].upper() if first else ""
    return word in ("COMMIT", "END") or (word == "ROLLBACK" and " TO" not in sql.upper())


def is_lookup(sql: str) -> bool:
    """Return True if a statement searches the queue's tables for certain rows."""
    if len(sql) > _LONGEST or not _TABLES.search(sql):
        return False
    return _WHERE.search(_TEXT.sub(" ", sql)) is not None


def leases(sql: str) -> bool:
    """Return True if a statement leases tasks; fast, because it examines every statement."""
    at = sql.find(_LEASED)
    while at != -1:
        if _STATUS_BECOMES.search(sql, max(at - _BEFORE, 0), at):
            return True
        at = sql.find(_LEASED, at + 1)
    return False


def shape(sql: str) -> str:
    """Return a statement without its values, so that its plan is checked once.

    A statement with a number after ORDER BY or GROUP BY, which may mean a column, stays as it is.
    """
    return sql if _ORDINAL.search(sql) else _VALUE.sub("?", sql)
