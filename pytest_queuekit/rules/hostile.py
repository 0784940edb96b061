"""Hostile values: what reaches a queue by mistake or by malice, in place of a good argument."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.effort import Level

NUMBERS: dict[str, Any] = {
    "zero": 0,
    "negative": -1,
    "fraction": 0.4,
    "tiny": 1e-9,
    "huge": 1e300,
    "huge-integer": 2**70,
    "not-a-number": math.nan,
    "infinite": math.inf,
    "minus-infinite": -math.inf,
}

TEXTS: dict[str, str] = {
    "empty": "",
    "word": "soon",
    "number": "5",
    "nul": "a\0b",
    "lone-surrogate": "\ud800",
    "quote": "it's",
    "injection": "' OR '1'='1",
    "second-statement": "x'; DROP TABLE task; --",
    "wildcard": "%",
    "path": "../../a/b",
    "format": "%s {0} {} $x ${x}",
    "long": "x" * 100_000,
}

OTHERS: dict[str, Any] = {
    "none": None,
    "true": True,
    "bytes": b"\0\xff",
    "list": [],
    "nested": [[1, "a"], None],
    "mapping": {},
    "object": object(),
    "type": dict,
}

HOSTILE: dict[str, Any] = {**NUMBERS, **TEXTS, **OTHERS}
"""Every value by its name: for any argument, at least some are of the wrong type."""

DURATIONS: dict[str, Any] = {
    "negative": -60,
    "not-a-number": math.nan,
    "infinite": math.inf,
    "minus-infinite": -math.inf,
    "huge": 1e300,
    "none": None,
    "true": True,
    "text": "soon",
    "no-text": "",
    "bytes": b"\0\xff",
    "list": [60],
    "mapping": {},
}
"""Seconds that no lease and no extension can have."""


_QUICK = (
    "negative",
    "huge-integer",
    "not-a-number",
    "empty",
    "nul",
    "lone-surrogate",
    "second-statement",
    "none",
    "bytes",
    "nested",
    "object",
)


def shown(argument: str, value: Any) -> str:
    """Return an argument with its value, for the history."""
    return f"{argument}={value!r:.40}"


def some(level: Level) -> Mapping[str, Any]:
    """Return the values that a level tries: the most harmful ones at the lowest level."""
    return {name: HOSTILE[name] for name in _QUICK} if level is Level.QUICK else HOSTILE
