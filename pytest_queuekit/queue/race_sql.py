"""The SQL of weighted claims: an exponential race.

Each task makes a random draw, exponentially distributed with mean priority + 1, and starts at the
race's present time. The first task to arrive is claimed, and its arrival becomes the present
time. So each task wins with a probability proportional to 1 / (priority + 1), however long it has
waited (Efraimidis and Spirakis 2006 use such draws for weighted samples). A ready task without a
draw enters the race at the next weighted claim; the race stands still until then.

Each route is a race with its own time. In a single race, a task that only some workers may take
would fall behind while the others claim, and then beat every newcomer. A claim takes the task
with the shortest distance to go in the races of its worker, and advances them all by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .claim_sql import NEEDS_UPKEEP, SERVES, ClaimOrder, head_of, heads_of_routes
from .lottery import DRAW
from .padding import adjusted
from .places import IS_READY, route_of
from .routing import NO_CAPABILITIES
from .schema import RACE_AT


def _present_time(row: str) -> str:
    """Return SQL for the present time of the race of a row: a table's name and a dot."""
    return f"coalesce((SELECT at FROM weighted_race WHERE route = {route_of(row)}), 0.0)"


RACE = ClaimOrder(
    index="task_race",
    key=(RACE_AT,),
    between="first.race_from + first.race_draw * (max(first.priority, 0) + 1) - "
    f"{_present_time('first.')}",
)
"""The order of weighted claims."""

_NOW = _present_time("task_queue.")
_ENTRANTS = f"""
    SELECT id FROM task_queue INDEXED BY task_race_entry
    WHERE status = 'queued' AND race_draw IS NULL AND {IS_READY}"""
_DRAW = f"""
    UPDATE task_queue SET race_from = {_NOW}, race_draw = {DRAW},
        padding = {adjusted({}, more=f"8 + 8 * ({_NOW} <> 0.0)")}
"""
ENTER = f"{_DRAW} WHERE id IN ({_ENTRANTS} LIMIT ?1)"
"""Gives a draw to at most ?1 ready tasks without one."""
ENTER_RANGE = f"""
    {_DRAW} WHERE id BETWEEN ?1 AND ?2 AND status = 'queued' AND race_draw IS NULL AND {IS_READY}
"""
"""The same for the ready tasks with these ids, before the indexes of the race exist."""
IS_READY_TO_START = f"SELECT NOT ({NEEDS_UPKEEP} OR EXISTS ({_ENTRANTS}))"
"""Returns 1 if all ready tasks are in the race, and no other upkeep is due at ?1."""

_DISTANCE = f"""
    (SELECT max({RACE_AT} - {_NOW}, 0.0) FROM task_queue WHERE id = ?1)"""
_MOVE_ON = "ON CONFLICT (route) DO UPDATE SET at = at + excluded.at"

# ?1: the winner. ?2: the capabilities of its worker.
_ADVANCE = f"""
    INSERT INTO weighted_race (route, at)
    SELECT '{NO_CAPABILITIES}', {_DISTANCE} WHERE ?2 IS NOT NULL {_MOVE_ON}
"""
# A race without tasks may stand still.
_ADVANCE_ALL = f"""
    INSERT INTO weighted_race (route, at)
    {heads_of_routes(RACE)}
    SELECT {route_of("first.")}, {_DISTANCE}
    FROM head JOIN task_queue AS first ON first.id = head.id
    WHERE {SERVES.format("first")} {_MOVE_ON}
"""


@dataclass(frozen=True, kw_only=True)
class RaceSql:
    """The statements of weighted claims, for a worker with or without capabilities.

    probe: returns 1 if a claim may find a task; only reads.
    winner: returns the id of the winner, or NULL.
    advance: advances the races of the worker to the arrival of the winner.
    """

    probe: str
    winner: str
    advance: str


def race_sql(*, routed: bool) -> RaceSql:
    """Return the statements; `routed` means for a worker with capabilities."""
    head = head_of(RACE, routed=routed)
    return RaceSql(
        probe=f"SELECT ({head}) IS NOT NULL OR {NEEDS_UPKEEP} OR EXISTS ({_ENTRANTS})",
        winner=f"SELECT ({head})",
        advance=_ADVANCE_ALL if routed else _ADVANCE,
    )
