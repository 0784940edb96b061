"""The SQL of a claim, for each order.

The cost of a claim must not depend on the number of waiting tasks. So each order has an index
with the next task as its first entry. The index starts with `route`, the compatibility of a task.
A claim takes the best of the first entries of the routes that its worker may serve: its cost
grows only with the number of different compatibilities.

Weighted claims are an exponential race. Each task makes a random draw, exponentially distributed
with mean priority + 1, and starts at the race's present time. The first task to arrive is
claimed, and its arrival becomes the present time. So each task wins with a probability
proportional to 1 / (priority + 1), however long it has waited (Efraimidis and Spirakis 2006 use
such draws for weighted samples).

Each route is a race with its own time. In a single race, a task that only some workers may take
would fall behind while the others claim, and then beat every newcomer. A claim takes the task
with the shortest distance to go in the races of its worker, and advances them all by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .lottery import RACE_TIME, race_time
from .models import TASK_COLUMNS
from .routing import NO_CAPABILITIES
from .schema import PENDING, READY

HEADS = 2000
"""Most pairs of due second and route that a merged claim reads: about 10 ms."""

# Parameters: :now, :until (the end of the lease), :worker, and :capabilities as JSON.
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
class ClaimOrder:
    """How one strategy finds the next task.

    ready: index of the ready tasks, on route and `key`.
    pending: index of the tasks not known to be due, on run_after_utc, route and `key`.
    key: columns that order the tasks of a route.
    between: expression that orders the first tasks of the routes, named `first`; empty: `key`.
    backwards: True if the last entry of the index is the next task.
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
        """The ORDER BY list for rows named `first`, each the first task of its route."""
        return self.between or self.by(*(f"first.{column}" for column in self.key))

    @property
    def onward(self) -> str:
        """The comparison that moves forward along the index."""
        return "<" if self.backwards else ">"


@dataclass(frozen=True, kw_only=True)
class ClaimSql:
    """The statements of one strategy, for a worker with or without capabilities.

    probe: returns 1 if a claim may find a task; only reads.
    fast: takes the next ready task; no row if a pending task is due or a lease has lapsed.
    plain: takes the next ready task, after upkeep has dealt with those.
    merged: takes the next of the ready tasks and the due tasks that are still pending.
    crowded: returns 1 if these pending tasks span more than HEADS pairs of second and route.
    """

    probe: str
    fast: str
    plain: str
    merged: str
    crowded: str


def claim_sql(order: ClaimOrder, *, routed: bool) -> ClaimSql:
    """Return the statements of an order; `routed` means for a worker with capabilities."""
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


def _plain_head(order: ClaimOrder) -> str:
    return f"""
        SELECT id FROM task_queue INDEXED BY {order.ready}
        WHERE {READY} AND route = '{NO_CAPABILITIES}'
        ORDER BY {order.by(*order.key)} LIMIT 1"""


def _routed_head(order: ClaimOrder) -> str:
    """Visit the first task of each route, then take the best that the worker may serve."""
    return f"""
        {_heads_of_routes(order)}
        SELECT first.id FROM head JOIN task_queue AS first ON first.id = head.id
        WHERE queue_serves(first.route, :capabilities)
        ORDER BY {order.best} LIMIT 1"""


def _heads_of_routes(order: ClaimOrder) -> str:
    line = order.by("route", *order.key)
    return f"""
        WITH RECURSIVE head (id) AS (
            SELECT (SELECT id FROM task_queue INDEXED BY {order.ready}
                    WHERE {READY} ORDER BY {line} LIMIT 1)
            UNION ALL
            SELECT (SELECT id FROM task_queue INDEXED BY {order.ready}
                    WHERE {READY} AND route {order.onward} here.route ORDER BY {line} LIMIT 1)
            FROM head JOIN task_queue AS here ON here.id = head.id)"""


RACE = ClaimOrder(
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
"""Advances the race to its winner, the task :id, for a worker without capabilities."""
ADVANCE_RACES = f"""
    INSERT INTO weighted_race (route, at)
    {_heads_of_routes(RACE)}
    SELECT first.route, {_WON_BY}
    FROM head JOIN task_queue AS first ON first.id = head.id
    WHERE queue_serves(first.route, :capabilities) {_MOVE_ON}
"""
"""The same for a worker with :capabilities; a race without tasks may stand still."""


def _merged_head(order: ClaimOrder, head: str) -> str:
    """Compare the first due task of each (second, route) with the first ready task."""
    return f"""
        {_heads_of_seconds(order)}
        SELECT first.id FROM task_queue AS first
        WHERE first.id IN (
            SELECT due.id FROM due JOIN task_queue AS here ON here.id = due.id
            WHERE queue_serves(here.route, :capabilities)
            UNION ALL SELECT * FROM ({head}))
        ORDER BY {order.by(*(f"first.{column}" for column in order.key))} LIMIT 1"""


def _heads_of_seconds(order: ClaimOrder) -> str:
    """Visit the first due task of each (second, route).

    The next route of a second and the next second take separate lookups, because SQLite seeks
    only by the first column when it compares pairs.
    """
    line = order.by("run_after_utc", "route", *order.key)
    due = f"SELECT id FROM task_queue INDEXED BY {order.pending} WHERE {PENDING}"
    # Given two bounds on one side, SQLite may start its walk from the wrong bound.
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
