"""The SQL of a claim, for each order.

The cost of a claim must not depend on the number of waiting tasks. So each order has an index
with the next task as its first entry. The index starts with the place of a task, which for a
ready task contains its route: the compatibility. A claim takes the best of the first entries of
the routes that its worker may serve: its cost grows only with the number of different
compatibilities.
"""

from __future__ import annotations

from dataclasses import dataclass

from .padding import LEAVES_RACE, adjusted
from .places import (
    DUE,
    FROM_LIFE,
    IS_DUE_BY_NOW,
    IS_READY,
    IS_WAITING,
    LAPSED,
    PLACE,
    QUEUED,
    STRAYS,
    place_of,
)

HEADS = 2000
"""Most places of due tasks that a merged claim reads: about 10 ms."""

# The parameters of a claim: ?1 now, ?2 the capabilities as JSON, ?3 the worker, ?4 the end of the
# lease, ?5 the latest moment from which a lease with this end is long enough, as a Julian day.
_CHANGES = {
    "locked_by": "?3",
    "lease_until_utc": "?4",
    "reserved_at_utc": "?1",
    "processing_started_utc": "?1",
}
_TAKE = f"""
    UPDATE task_queue
    SET status = 'leased', {", ".join(f"{column} = {new}" for column, new in _CHANGES.items())},
        updated_at_utc = ?1, lease_token = lease_token + 1, race_from = NULL, race_draw = NULL,
        padding = {adjusted(_CHANGES, raised=["lease_token"], more=LEAVES_RACE)}
"""
RETURNED = (
    "id", "type", "priority", "payload", "compatibility", "attempts", "max_attempts",
    "run_after_utc", "error_message", "result", "idempotency_key", "created_at_utc",
    "lease_token",
)  # fmt: skip
"""The columns that a claim reads; it knows the others."""
_RETURNING = f"RETURNING {', '.join(RETURNED)}"
_CLAIMED = f"{', '.join(RETURNED)} + 1"
"""The values of RETURNED, before the claim raises the last."""

SERVES = "queue_serves(CAST(?2 || char(10) || {}.compatibility AS BLOB))"
"""True if the worker may take the task of a row; {} is the name of its table."""


def _exists(*selects: str) -> str:
    return " OR ".join(f"EXISTS ({select})" for select in selects)


_PROCESSING = f"SELECT id {FROM_LIFE} WHERE status = 'processing'"
NEEDS_UPKEEP = (
    _exists(DUE, LAPSED["leased"], STRAYS["queued"], STRAYS["leased"])
    # Only other SQL makes a task 'processing', so one look mostly replaces two.
    + f" OR ({_exists(_PROCESSING)} AND ({_exists(LAPSED['processing'], STRAYS['processing'])}))"
)
# SQLite evaluates this after it has the lock: the claim may have waited for it.
_IS_IN_TIME = "julianday('now') <= ?5"


TAKE = f"{_TAKE} WHERE id = ?5 {_RETURNING}"
"""Takes the task ?5."""


@dataclass(frozen=True, kw_only=True)
class ClaimOrder:
    """How one strategy finds the next task.

    index: its index of the queued tasks, on the place and `key`.
    key: SQL that orders the tasks of a place.
    tasks: the condition of the queued tasks in this index.
    between: SQL that orders the first tasks of the routes, named `first`; empty: the key.
    backwards: True if the last entry of the index is the next task.
    """

    index: str
    key: tuple[str, ...]
    tasks: str = "status = 'queued'"
    between: str = ""
    backwards: bool = False

    def by(self, *columns: str) -> str:
        """Return an ORDER BY list in the direction of this order."""
        return ", ".join(f"{column} DESC" if self.backwards else column for column in columns)

    @property
    def rows(self) -> str:
        """The queued tasks, read through the index."""
        return f"FROM task_queue INDEXED BY {self.index} WHERE {self.tasks}"

    @property
    def line(self) -> str:
        """The ORDER BY list of the whole index."""
        return self.by(PLACE, *self.key)

    @property
    def onward(self) -> str:
        """The condition for the places behind that of the row named `here`."""
        return f"{PLACE} {'<' if self.backwards else '>'} {place_of('here.')}"

    @property
    def best(self) -> str:
        """The ORDER BY list for rows named `first`, each the first task of its route."""
        return self.between or self.by(*(f"first.{column}" for column in self.key))


@dataclass(frozen=True, kw_only=True)
class ClaimSql:
    """The statements of one strategy, for a worker with or without capabilities.

    probe: returns 1 if a claim may find a task; only reads.
    fast: takes the next ready task; no row if the queue needs upkeep first, or if the claim
        waited so long for the lock that the lease would be too short.
    plain: takes the next ready task, after upkeep.
    plain_head: returns the id of that task, or no row; only reads.
    batch: takes the next ready tasks, at most ?5, after upkeep; empty if there is no such SQL.
    batch_rows: returns the rows that it will take, in order; only reads. RETURNING would cost
        more, and not keep the order.
    merged: takes the next of the ready tasks and the due tasks that still wait.
    merged_head: returns the id of that task, or no row; only reads.
    crowded: returns 1 if the due tasks that still wait have more than HEADS places.
    """

    probe: str
    fast: str
    plain: str
    plain_head: str
    batch: str
    batch_rows: str
    merged: str
    merged_head: str
    crowded: str


def claim_sql(order: ClaimOrder, *, routed: bool) -> ClaimSql:
    """Return the statements of an order; `routed` means for a worker with capabilities."""
    head = head_of(order, routed=routed)
    merged_head = _merged_head(order, head)
    return ClaimSql(
        probe=f"SELECT ({head}) IS NOT NULL OR {NEEDS_UPKEEP}",
        fast=f"{_TAKE} WHERE id = ({head}) AND NOT ({NEEDS_UPKEEP}) AND {_IS_IN_TIME} {_RETURNING}",
        plain=f"{_TAKE} WHERE id = ({head}) {_RETURNING}",
        plain_head=head,
        batch="" if routed else f"{_TAKE} WHERE id IN ({_plain_head(order, limit='?5')})",
        batch_rows=_plain_head(order, limit="?5", columns=_CLAIMED),
        merged=f"{_TAKE} WHERE id = ({merged_head}) {_RETURNING}",
        merged_head=merged_head,
        crowded=f"{_heads_of_due(order)} SELECT count(*) > {HEADS} "
        f"FROM (SELECT 1 FROM due WHERE id IS NOT NULL LIMIT {HEADS + 1})",
    )


def head_of(order: ClaimOrder, *, routed: bool) -> str:
    """Return a SELECT of the next ready task."""
    return _routed_head(order) if routed else _plain_head(order)


def _plain_head(order: ClaimOrder, limit: str = "1", columns: str = "id") -> str:
    return f"""
        SELECT {columns} {order.rows} AND {PLACE} = ' ' || ?2
        ORDER BY {order.by(*order.key)} LIMIT {limit}"""


def _routed_head(order: ClaimOrder) -> str:
    """Visit the first task of each route, then take the best that the worker may serve."""
    return f"""
        {heads_of_routes(order)}
        SELECT first.id FROM head JOIN task_queue AS first ON first.id = head.id
        WHERE {SERVES.format("first")}
        ORDER BY {order.best} LIMIT 1"""


def heads_of_routes(order: ClaimOrder) -> str:
    """Return a WITH clause with the table `head`: the ids of the first tasks of all routes."""
    # UNION, not UNION ALL: in a damaged index the walk may return to a task, and it must end.
    # Given two bounds on one side, SQLite may start its walk from the wrong bound.
    ahead = order.onward if order.backwards else f"{IS_READY} AND {order.onward}"
    return f"""
        WITH RECURSIVE head (id) AS (
            SELECT (SELECT id {order.rows} AND {IS_READY} ORDER BY {order.line} LIMIT 1)
            UNION
            SELECT (SELECT id {order.rows} AND {ahead} ORDER BY {order.line} LIMIT 1)
            FROM head JOIN task_queue AS here ON here.id = head.id)"""


def _merged_head(order: ClaimOrder, head: str) -> str:
    """Compare the first task of each place of due tasks with the first ready task."""
    return f"""
        {_heads_of_due(order)}
        SELECT first.id FROM task_queue AS first
        WHERE first.id IN (
            SELECT due.id FROM due JOIN task_queue AS here ON here.id = due.id
            WHERE {SERVES.format("here")}
            UNION ALL SELECT * FROM ({head}))
        ORDER BY {order.best} LIMIT 1"""


def _heads_of_due(order: ClaimOrder) -> str:
    """Visit the first due task of each place: of each second and route."""
    ahead = IS_WAITING if order.backwards else IS_DUE_BY_NOW  # see heads_of_routes()
    due = f"SELECT id {order.rows}"
    return f"""
        WITH RECURSIVE due (id) AS (
            SELECT ({due} AND {IS_WAITING} AND {IS_DUE_BY_NOW} ORDER BY {order.line} LIMIT 1)
            UNION
            SELECT ({due} AND {ahead} AND {order.onward} ORDER BY {order.line} LIMIT 1)
            FROM due JOIN task_queue AS here ON here.id = due.id)"""


PRIORITY = ClaimOrder(index="task_life", tasks=QUEUED, key=("priority", "id"))
FIFO = ClaimOrder(index="task_arrival", key=("id",))
LIFO = ClaimOrder(index="task_arrival", key=("id",), backwards=True)
