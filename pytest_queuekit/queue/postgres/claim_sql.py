"""The SQL of a claim, for each order.

A claim is one UPDATE of the task that a sub-select finds and locks. The sub-select reads the first
entry of an index in which waiting and leased tasks are not, so its cost does not depend on their
number. The gates in it find nothing while tasks are due or lapsed: such a task may be the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from .statements import DUE, LAPSED, READY, ceil_after, columns_of, floor_of

HEADS = 16
"""Tasks of each route that a claim compares: with one, a claim would find nothing while other
workers hold the locks of the first tasks."""
MORE_HEADS = 1000
"""The same for the claim that decides that there is nothing."""

_UPDATE = f"""
    UPDATE $queue.task_queue AS task
    SET status = 'leased', locked_by = %(worker)s,
        lease_until_utc = {ceil_after("moment.t", "%(lease)s")},
        reserved_at_utc = {floor_of("moment.t")}, processing_started_utc = {floor_of("moment.t")},
        updated_at_utc = {floor_of("moment.t")}, lease_token = task.lease_token + 1,
        race_from = NULL, race_draw = NULL
    FROM (SELECT $now AS t) AS moment
"""
_RETURNING = f"RETURNING {columns_of('task')}"
GATES = f"AND NOT {DUE} AND NOT {LAPSED}"
"""False while the queue needs upkeep."""
TAKE = f"{_UPDATE} WHERE task.id = %(id)s {_RETURNING}"
"""Takes a task that this transaction has locked."""
ROUTES = f"""
    WITH RECURSIVE head (route, compatibility) AS (
        (SELECT route, compatibility FROM $queue.task_queue WHERE {READY} ORDER BY route LIMIT 1)
        UNION ALL
        SELECT onward.route, onward.compatibility FROM head CROSS JOIN LATERAL (
            SELECT route, compatibility FROM $queue.task_queue
            WHERE {READY} AND route > head.route ORDER BY route LIMIT 1) AS onward)
    SELECT route, compatibility FROM head
"""
"""Returns the routes of ready tasks and a compatibility of each; jumps from route to route."""
STILL_READY = """CASE WHEN task.status = 'queued'
    THEN task.attempts < task.max_attempts AND task.run_after_utc <= task.due_stamp END"""
"""The condition of a ready task, checked again for one that has just changed when it is locked. In
the form of READY, a planner without statistics would take it for a way to find the task."""
_LOCKED = "FOR NO KEY UPDATE OF task SKIP LOCKED"


@dataclass(frozen=True, kw_only=True)
class ClaimSql:
    """The statements of one strategy, for workers without capabilities or for some routes.

    fast: takes the next ready task; no row if the queue needs upkeep first.
    plain: takes the next ready task, after upkeep.
    last: the same, past more tasks that others have locked.
    batch: takes the next %(limit)s tasks, in any order of rows, unless the queue needs upkeep.
    plain_batch: the same, after upkeep.
    """

    fast: str
    plain: str
    last: str
    batch: str
    plain_batch: str


def claim_sql(*keys: str, routed: bool) -> ClaimSql:
    """Return the statements of an order by these keys."""
    select = _of_routes if routed else _of_all
    one, rest = "1", "%(limit)s"
    return ClaimSql(
        fast=_take(select(keys, GATES, one, HEADS)),
        plain=_take(select(keys, "", one, HEADS)),
        last=_take(select(keys, "", one, MORE_HEADS)),
        batch=_take(select(keys, GATES, rest, MORE_HEADS), several=True),
        plain_batch=_take(select(keys, "", rest, MORE_HEADS), several=True),
    )


def _take(select: str, *, several: bool = False) -> str:
    ids = f"ANY(ARRAY({select}))" if several else f"({select})"
    return f"{_UPDATE} WHERE task.id = {ids} {_RETURNING}"


def _of_all(keys: tuple[str, ...], gates: str, limit: str, _heads: int) -> str:
    return f"""
        SELECT task.id FROM $queue.task_queue AS task
        WHERE {READY} AND route = '{{}}' {gates}
        ORDER BY {", ".join(keys)} LIMIT {limit} {_LOCKED}"""


def _of_routes(keys: tuple[str, ...], gates: str, limit: str, heads: int) -> str:
    return f"""
        SELECT task.id FROM $queue.task_queue AS task
        WHERE task.id = ANY(ARRAY({heads_of_routes(", ".join(keys), heads)}))
            AND {STILL_READY} {gates}
        ORDER BY {", ".join(f"task.{key}" for key in keys)} LIMIT {limit} {_LOCKED}"""


def heads_of_routes(order: str, count: int, condition: str = READY) -> str:
    """Return a SELECT of the first tasks of each of the %(routes)s."""
    return f"""
        SELECT head.id FROM unnest(%(routes)s::text[]) AS served (route)
        CROSS JOIN LATERAL (
            SELECT id FROM $queue.task_queue AS first
            WHERE {condition} AND first.route = served.route
            ORDER BY {order} LIMIT {count}) AS head"""
