"""Keeps the length of a large row the same, so that SQLite changes the row in place.

A row that grows is written again with its whole payload, 10 MB for a payload of 10 MB. A row of
the same length keeps the pages of the payload, which is its last column. So a large task is
enqueued with a padding, which each statement of the queue shortens by what the other columns
grow. Other SQL leaves the padding alone: then the row is written again, and stays right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LARGE_PAYLOAD = 16 * 1024
"""Characters from which a task gets a padding; a smaller one is cheap to write again."""
PADDING = 1024
"""Bytes of a new padding."""

_MAX_SHORT = 57
"""The longest text with a length of one byte in the row's header."""


def padding_for(payload: str) -> bytes | None:
    """Return the padding of a new task."""
    return bytes(PADDING) if len(payload) >= LARGE_PAYLOAD else None


LEAVES_RACE = "-8 * (race_draw IS NOT NULL) - 8 * (coalesce(race_from, 0.0) <> 0.0)"
"""The growth of a row by race_draw = NULL and race_from = NULL; SQLite stores 0.0 in no byte."""


def adjusted(changes: Mapping[str, str], *, raised: Sequence[str] = (), more: str = "0") -> str:
    """Return SQL for the padding of a row that an UPDATE changes.

    changes: the new values of the columns of text, as SQL.
    raised: the columns of whole numbers that the UPDATE raises by 1.
    more: SQL for the growth by other columns.
    """
    grown = [f"{_bytes(new)} - {_bytes(column)}" for column, new in changes.items()]
    # SQLite stores 0 and 1 in no byte.
    grown += [f"({column} = 1) + ({column} = 127) + ({column} = 32767)" for column in raised]
    return (
        "CASE WHEN padding IS NOT NULL "
        f"THEN zeroblob(max(0, length(padding) - ({' + '.join([*grown, more])}))) END"
    )


def _bytes(text: str) -> str:
    length = f"length(CAST({text} AS BLOB))"
    return f"coalesce({length} + ({length} > {_MAX_SHORT}), 0)"
