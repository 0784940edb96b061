"""The random draw of a task for weighted claims, in SQL that any connection can run.

The draw is exponentially distributed with mean 1. SQLite may be built without a logarithm, so
the SQL uses Ahrens and Dieter's method (Knuth, The Art of Computer Programming, 3.4.1, algorithm
S) on independent calls of random(): ln 2 times the sum of a count of coin tosses and the least
of N uniform numbers. N is 1 with probability ln 2, and so on.
"""

from __future__ import annotations

_TOSSES = 32
_UNIFORM = "((random() & 4294967295) / 4294967296.0)"
_AT_MOST = (0.6931471805599453, 0.7828735, 0.8330580, 0.8648172)
"""The probability that N is 1, and that N is 2, 3 and 4 if it is not less."""


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
"""An expression with a new draw for each row."""
