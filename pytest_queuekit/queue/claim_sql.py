"""The SQL of a claim, for each order.

The cost of a claim must not depend on how many tasks wait, so it never walks over tasks: each
order has an index whose first entry is the next task. Tasks that ask something of their worker
lie in it by `route`, their compatibility, and a claim takes the best of the first entries of the
routes it may serve: its cost grows with the number of different compatibilities only.

Weighted claims are an exponential race: a task draws a lot, exponentially distributed with the
mean priority + 1, and runs from the race's present time; the first to arrive is claimed, and
sets the present time. Any task then wins with a chance proportional to 1 / (priority + 1), and
none has an advantage from having waited (Efraimidis and Spirakis 2006 draw their weighted
samples with such lots). Each route is a race with a time of its own, or tasks that only some
workers may have would be left behind by the claims of the others, and beat all newcomers: a
claim takes the task with the shortest way to go in the races that its worker may see, and all
of these move on by that much.
"""

from __future__ import annotations

from dataclasses import dataclass

from .lottery import RACE_TIME, race_time
from .models import TASK_COLUMNS
from .routing import NO_CAPABILITIES
from .schema import PENDING, READY

HEADS = 2000
"""Due seconds and routes that a merged claim looks at, at most: about 10 ms."""

# Parameters: the time, the end of the lease, the worker and its capabilities as JSON.
_TAKE = """
    UPDATE task_queue
    SET status = 'leased', locked_by = :worker, lease_until_utc = :until, reserved_at_utc = :now,
        processing_started_utc = :now, updated_at_utc = :now, due_stamp = NULL,
        lease_token = lease_token + 1
"""
_DUE = f"""EXISTS (
    SELECT 1 FROM task_queue INDEXED BY pending_priority
    WHERE {PENDING} AND run_after_utc <= :now)"""
_LAPSED = "EXISTS (SELECT 1 FROM task_queue INDEXED BY lease_end WHERE lease_ends <= :now)"


@dataclass(frozen=True, kw_only=True)
class Order:
    """How one strategy finds the next task.

    ready: index of the ready tasks: route, then `key`.
    pending: index of the tasks that are not known to be due: run_after_utc, route, `key`.
    key: columns that decide who is first in a route.
    between: what decides between the first of several routes, as `first`; empty: the key.
    backwards: whether the last entry of the index is the first in line.
    """

    ready: str
    pending: str
    key: tuple[str, ...]
    between: str = ""
    backwards: bool = False

    def by(self, *columns: str) -> str:
        """Return an ORDER BY list in the direction of this order."""
        return ", ".join(f"{column} DESC" if self.backwards else column for column in columns)

    @property
    def best(self) -> str:
        """The ORDER BY list for rows called `first`, each the first of its route."""
        return self.between or self.by(*(f"first.{column}" for column in self.key))

    @property
    def onward(self) -> str:
        """The comparison that leads on along the index."""
        return "<" if self.backwards else ">"


@dataclass(frozen=True, kw_only=True)
class ClaimSql:
    """The statements of one strategy, for a worker with or without capabilities.

    probe: 1 if a claim might find something; reads only.
    fast: takes the next ready task; no row if some task is due or lapsed and must be looked at.
    plain: takes the next ready task, after that has been done.
    merged: takes the next of the ready tasks and of those due but still pending.
    crowded: 1 if these lie in more than HEADS seconds and routes.
    """

    probe: str
    fast: str
    plain: str
    merged: str
    crowded: str


def claim_sql(order: Order, *, routed: bool) -> ClaimSql:
    """Return the statements of an order; `routed` for a worker with capabilities."""
    head = _routed_head(order) if routed else _plain_head(order)
    returning = f" RETURNING {TASK_COLUMNS}"
    return ClaimSql(
        probe=f"SELECT ({head}) IS NOT NULL OR {_DUE} OR {_LAPSED}",
        fast=f"{_TAKE} WHERE id = ({head}) AND NOT {_DUE} AND NOT {_LAPSED}{returning}",
        plain=f"{_TAKE} WHERE id = ({head}){returning}",
        merged=f"{_TAKE} WHERE id = ({_merged_head(order, head)}){returning}",
        crowded=f"{_heads_of_seconds(order)} SELECT count(*) > {HEADS} "
        f"FROM (SELECT 1 FROM due WHERE id IS NOT NULL LIMIT {HEADS + 1})",
    )


def _plain_head(order: Order) -> str:
    return f"""
        SELECT id FROM task_queue INDEXED BY {order.ready}
        WHERE {READY} AND route = '{NO_CAPABILITIES}'
        ORDER BY {order.by(*order.key)} LIMIT 1"""


def _routed_head(order: Order) -> str:
    """From the head of one route to the head of the next, then the best that may be served."""
    return f"""
        {_heads_of_routes(order)}
        SELECT first.id FROM head JOIN task_queue AS first ON first.id = head.id
        WHERE queue_serves(first.route, :capabilities)
        ORDER BY {order.best} LIMIT 1"""


def _heads_of_routes(order: Order) -> str:
    line = order.by("route", *order.key)
    return f"""
        WITH RECURSIVE head (id) AS (
            SELECT (SELECT id FROM task_queue INDEXED BY {order.ready}
                    WHERE {READY} ORDER BY {line} LIMIT 1)
            UNION ALL
            SELECT (SELECT id FROM task_queue INDEXED BY {order.ready}
                    WHERE {READY} AND route {order.onward} here.route ORDER BY {line} LIMIT 1)
            FROM head JOIN task_queue AS here ON here.id = head.id)"""


RACE = Order(
    ready="ready_race",
    pending="pending_arrival",
    key=("race_at",),
    between=f"first.race_at - {race_time('first.route')}",
)
"""The order of weighted claims."""

_WON_BY = f"""
    (SELECT max(race_at - {RACE_TIME}, 0.0) FROM task_queue WHERE id = :id)"""
_MOVE_ON = "ON CONFLICT (route) DO UPDATE SET at = at + excluded.at"

ADVANCE_RACE = f"""
    INSERT INTO weighted_race (route, at)
    SELECT '{NO_CAPABILITIES}', {_WON_BY} WHERE true {_MOVE_ON}
"""
"""Moves the race on to the task :id that won it, for a worker without capabilities."""
ADVANCE_RACES = f"""
    INSERT INTO weighted_race (route, at)
    {_heads_of_routes(RACE)}
    SELECT first.route, {_WON_BY}
    FROM head JOIN task_queue AS first ON first.id = head.id
    WHERE queue_serves(first.route, :capabilities) {_MOVE_ON}
"""
"""The same for a worker with :capabilities; a race that has nobody left may stand still."""


def _merged_head(order: Order, head: str) -> str:
    """The same over (second, route) of the tasks that are due, and the best of both worlds."""
    return f"""
        {_heads_of_seconds(order)}
        SELECT first.id FROM task_queue AS first
        WHERE first.id IN (
            SELECT due.id FROM due JOIN task_queue AS here ON here.id = due.id
            WHERE queue_serves(here.route, :capabilities)
            UNION ALL SELECT * FROM ({head}))
        ORDER BY {order.by(*(f"first.{column}" for column in order.key))} LIMIT 1"""


def _heads_of_seconds(order: Order) -> str:
    """From the head of one (second, route) of the tasks that are due to that of the next.

    The next route of a second and the next second are looked up apart, because SQLite seeks
    with the first column only of a comparison of pairs.
    """
    line = order.by("run_after_utc", "route", *order.key)
    due = f"SELECT id FROM task_queue INDEXED BY {order.pending} WHERE {PENDING}"
    # Two bounds on one side would make SQLite choose, and it may walk from the wrong one.
    bound = "" if order.backwards else "AND run_after_utc <= :now"
    return f"""
        WITH RECURSIVE due (id) AS (
            SELECT ({due} AND run_after_utc <= :now ORDER BY {line} LIMIT 1)
            UNION ALL
            SELECT coalesce(
                ({due} AND run_after_utc = here.run_after_utc AND route {order.onward} here.route
                 ORDER BY {order.by("route", *order.key)} LIMIT 1),
                ({due} AND run_after_utc {order.onward} here.run_after_utc {bound}
                 ORDER BY {line} LIMIT 1))
            FROM due JOIN task_queue AS here ON here.id = due.id)"""
