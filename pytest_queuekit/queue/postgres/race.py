"""Weighted claims: an exponential race, as on SQLite; see ../race_sql.py.

Each claim moves the time of the race, so weighted claims take their turns: an advisory lock admits
one at a time. The race's indexes cost each enqueue, so the first weighted claim creates them.
"""

from __future__ import annotations

from typing import Any

from psycopg import errors

from ..exceptions import QueuePermissionError
from ..models import Task
from ..routing import NO_CAPABILITIES
from .claim_sql import HEADS, STILL_READY, TAKE, heads_of_routes
from .database import PostgresDatabase
from .schema import RACE_AT, RACE_INDEXES
from .session import Session
from .statements import READY
from .upkeep import CHUNK, lock

RACE = 0x74736B72
"""The first number of the advisory lock around a weighted claim."""

_HAS_INDEXES = """
    SELECT to_regclass('$queue.race') IS NOT NULL AND to_regclass('$queue.race_entry') IS NOT NULL
"""


def _present_time(row: str) -> str:
    return (
        f"coalesce((SELECT at FROM $queue.weighted_race AS race WHERE race.route = {row}.route), 0)"
    )


_ENTER = f"""
    UPDATE $queue.task_queue AS task
    SET race_from = {_present_time("task")}, race_draw = -ln(1 - random())
    WHERE id = ANY(ARRAY(SELECT id FROM $queue.task_queue
        WHERE {READY} AND race_draw IS NULL ORDER BY id LIMIT %(limit)s
        FOR NO KEY UPDATE SKIP LOCKED))
"""
_DISTANCE = (
    f"greatest({RACE_AT.replace('race_', 'task.race_').replace('priority', 'task.priority')}"
)
_DISTANCE += f" - {_present_time('task')}, 0)"
_IN_RACE = f"{READY} AND {RACE_AT} IS NOT NULL"
_WINNER = f"""
    SELECT task.id, {_DISTANCE} FROM $queue.task_queue AS task
    WHERE task.id = ANY(ARRAY({heads_of_routes(RACE_AT, HEADS, _IN_RACE)})) AND {STILL_READY}
    ORDER BY {_DISTANCE}, task.id LIMIT 1 FOR NO KEY UPDATE OF task SKIP LOCKED
"""
_ADVANCE = """
    INSERT INTO $queue.weighted_race AS race (route, at)
    SELECT served.route, %(distance)s::float8 FROM unnest(%(routes)s::text[]) AS served (route)
    ON CONFLICT (route) DO UPDATE SET at = race.at + excluded.at
"""
END_RACES = f"""
    DELETE FROM $queue.weighted_race AS race WHERE NOT EXISTS (
        SELECT 1 FROM $queue.task_queue WHERE {READY} AND route = race.route)
"""
"""Deletes the races without ready tasks, which then start again at 0."""


def claim_by_race(db: PostgresDatabase, parameters: dict[str, Any], limit: int) -> list[Task]:
    """Claim the next winners, at most `limit`, after upkeep."""
    parameters = {"routes": [NO_CAPABILITIES]} | parameters
    if not db.has_race:
        if not db.read(_HAS_INDEXES)[0][0]:
            _create_indexes(db)
        db.has_race = True

    def take(session: Session) -> list[Task] | None:
        lock(db, session, RACE)
        if session.change(_ENTER, {"limit": CHUNK}) == CHUNK:
            return None  # more tasks have to enter first
        tasks: list[Task] = []
        while len(tasks) < limit and (winner := session.run(_WINNER, parameters)):
            task_id, distance = winner[0]
            session.change(_ADVANCE, parameters | {"distance": distance})
            tasks.append(Task.from_columns(session.run(TAKE, parameters | {"id": task_id})[0]))
        return tasks

    while True:
        tasks = db.write(take)
        if tasks is not None:
            return tasks


def _create_indexes(db: PostgresDatabase) -> None:
    def create(session: Session) -> None:
        lock(db, session, RACE)
        for statement in RACE_INDEXES:
            session.change(statement)

    try:
        db.write(create)
    except QueuePermissionError as error:
        if not isinstance(error.__cause__, errors.InsufficientPrivilege):
            raise
        raise QueuePermissionError(
            "the first WEIGHTED_RANDOM claim of a queue creates two indexes, which needs the owner "
            "of the schema; let the owner make one such claim"
        ) from error
