"""Which worker may have which task."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

NO_CAPABILITIES = "{}"
"""As JSON: those of a worker that may only have tasks which ask for nothing."""


@lru_cache(maxsize=4096)
def serves(compatibility: str, capabilities: str) -> bool:
    """Tell whether a worker's capabilities meet a task's compatibility, both JSON objects.

    A task without a key goes to anyone; one with a key goes to workers whose value under that
    key equals the task's, or is a list that has it.
    """
    offered = json.loads(capabilities)
    try:
        wanted = json.loads(compatibility)
        return all(key in offered and _meets(offered[key], value) for key, value in wanted.items())
    except (ValueError, RecursionError):
        # SQLite takes numbers and depths that Python does not. Nobody has what other SQL asks
        # for there, but an error would keep each worker from all tasks.
        return False


def _meets(offered: Any, wanted: Any) -> bool:
    if _same(offered, wanted):
        return True
    return isinstance(offered, list) and any(_same(one, wanted) for one in offered)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    # In JSON, true is not 1.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
