"""Decides which worker may take which task."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

NO_CAPABILITIES = "{}"
"""No capabilities, as JSON: the worker may take only tasks without a compatibility."""


@lru_cache(maxsize=4096)
def serves(compatibility: bytes, capabilities: str) -> bool:
    """Return True if a worker's capabilities meet a task's compatibility, both JSON objects.

    The compatibility is bytes: for text that is not UTF-8, sqlite3 would not even call this.
    Any worker may take a task without keys. For each key of the task, the worker's value must
    equal the task's value, or be a list that contains it.
    """
    offered = json.loads(capabilities)
    try:
        wanted = json.loads(compatibility.decode())
        return isinstance(wanted, dict) and all(
            key in offered and _meets(offered[key], value) for key, value in wanted.items()
        )
    except (ValueError, RecursionError):
        # SQLite accepts bytes, numbers and depths that Python cannot decode. No worker can serve
        # such a task from other SQL, but an error here would keep every worker from every task.
        return False


def serves_packed(packed: bytes) -> bool:
    """The same for SQL, in one argument: the capabilities, a line feed, and the compatibility."""
    capabilities, _, compatibility = packed.partition(b"\n")
    return serves(compatibility, capabilities.decode())


def serves_packed_in(encoding: str) -> Callable[[bytes], bool]:
    """Return serves_packed() for a database with this PRAGMA encoding, in which SQL makes bytes."""
    if encoding == "UTF-8":
        return serves_packed
    return lambda packed: serves_packed(packed.decode(encoding, "replace").encode())


def _meets(offered: Any, wanted: Any) -> bool:
    if _same(offered, wanted):
        return True
    return isinstance(offered, list) and any(_same(value, wanted) for value in offered)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    # In JSON, true is not 1.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
