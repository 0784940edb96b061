"""The lot that a task draws for weighted claims, in SQL that any connection to the file can run.

It is exponentially distributed with the mean 1, made from independent calls of random() by
Ahrens and Dieter's method (Knuth, The Art of Computer Programming, 3.4.1, algorithm S), because
SQLite may be built without a logarithm: ln 2 times the sum of a count of coin tosses and the
least of N uniform numbers, N being 1 with probability ln 2, and so on.
"""

from __future__ import annotations

_TOSSES = 32
_UNIFORM = "((random() & 4294967295) / 4294967296.0)"
_AT_MOST = (0.6931471805599453, 0.7828735, 0.8330580, 0.8648172)
"""The chance that N is 1; that it is 2 if it is more; 3 if it is more; 4 if it is more."""


def _heads() -> str:
    cases = " ".join(f"WHEN random() & 1 THEN {count}" for count in range(_TOSSES))
    return f"(CASE {cases} ELSE {_TOSSES} END)"


def _least() -> str:
    cases = " ".join(
        f"WHEN {_UNIFORM} < {chance} THEN {_least_of(count)}"
        for count, chance in enumerate(_AT_MOST, start=1)
    )
    return f"(CASE {cases} ELSE {_least_of(len(_AT_MOST) + 1)} END)"


def _least_of(count: int) -> str:
    numbers = ", ".join([_UNIFORM] * count)
    return numbers if count == 1 else f"min({numbers})"


DRAW = f"(0.6931471805599453 * ({_heads()} + {_least()}))"
"""An expression whose value is a new lot for each row."""


def race_time(route: str) -> str:
    """Return an expression for the present time of a route's race, see claim_sql."""
    return f"coalesce((SELECT at FROM weighted_race WHERE weighted_race.route = {route}), 0.0)"


RACE_TIME = race_time("task_queue.route")
"""The present time of the race that a task runs in, for an UPDATE."""
