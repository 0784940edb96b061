"""The SQL that several modules share: states of a task as conditions, moments, columns.

A statement is a template: `$queue` stands for the schema and `$now` for the present time. The
indexes are partial, so each query repeats the condition of its index to the letter, with literals
in place of parameters.
"""

from __future__ import annotations

import re

from ..models import TASK_FIELDS

PRODUCTION_CLOCK = "clock_timestamp()"
"""The server's time. now() would stand still while a transaction waits for a lock."""
TEST_CLOCK = "$queue.test_now()"
"""The time that tests set, in schemas made for tests; see testing.py."""

READY = "status = 'queued' AND attempts < max_attempts AND run_after_utc <= due_stamp"
PENDING = "status = 'queued' AND attempts < max_attempts AND run_after_utc > due_stamp"
"""A queued task is ready from the moment at which the queue knows it to be due: due_stamp."""
LEASED = "status IN ('leased', 'processing')"
ENDED = "status IN ('completed', 'failed', 'cancelled')"

NOW = "(SELECT $now)"
"""The present time in a condition: without the SELECT it would be computed for each row."""
FLOOR_NOW = "date_trunc('second', $now)"


def floor_of(moment: str) -> str:
    """Return SQL for a moment, rounded down to a whole second."""
    return f"date_trunc('second', {moment})"


def ceil_after(moment: str, seconds: str) -> str:
    """Return SQL for the first whole second that is not before `seconds` after a moment."""
    span = f"{seconds}::float8 * interval '1 second' + interval '999999 microseconds'"
    return f"date_trunc('second', {moment} + {span})"


def text_of(moment: str) -> str:
    """Return SQL for a moment as text, in the form of the models and in UTC."""
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"


def columns_of(row: str) -> str:
    """Return the columns of a task, in the order of TASK_FIELDS; `row` is a table's name."""
    return ", ".join(
        text_of(f"{row}.{name}") if name.endswith("_utc") or name == _STARTED else f"{row}.{name}"
        for name in TASK_FIELDS
    )


_STARTED = "processing_started_utc"

DUE = f"""coalesce((SELECT run_after_utc FROM $queue.task_queue WHERE {PENDING}
    ORDER BY run_after_utc LIMIT 1) <= {NOW}, false)"""
LAPSED = f"""coalesce((SELECT lease_until_utc FROM $queue.task_queue WHERE {LEASED}
    ORDER BY lease_until_utc LIMIT 1) <= {NOW}, false)"""
"""True if the queue needs upkeep. With EXISTS the planner would read the whole table."""


def filled(template: str, *, schema: str, now: str) -> bytes:
    """Return a statement for a schema, in one line and with one space between words."""
    text = re.sub(r"\s+", " ", template).strip()
    return text.replace("$now", now).replace("$queue", f'"{schema}"').encode()
