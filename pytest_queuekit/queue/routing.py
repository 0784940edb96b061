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
    wanted = json.loads(compatibility)
    return all(key in offered and _meets(offered[key], value) for key, value in wanted.items())


def _meets(offered: Any, wanted: Any) -> bool:
    if _same(offered, wanted):
        return True
    return isinstance(offered, list) and any(_same(one, wanted) for one in offered)


def _same(one: Any, other: Any) -> bool:
    # In JSON, true is not 1.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True) or (
        not isinstance(one, bool) and not isinstance(other, bool) and bool(one == other)
    )
