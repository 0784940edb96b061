"""Adapts any module with the seed's API by itself."""

from __future__ import annotations

from types import ModuleType

from pytest_queuekit.contract import QueueAdapter
from pytest_queuekit.errors import UsageError

NEEDED = ("QueueDatabase", "TaskClaimerFactory", "SchedulingStrategy")
"""The names by which a module with the seed's API is known."""


def adapt(module: ModuleType) -> type[QueueAdapter]:
    """Return an adapter of the queue in a module. Raises UsageError for a module without one."""
    lacking = [name for name in NEEDED if not hasattr(module, name)]
    if lacking:
        raise UsageError(
            f"module {module.__name__!r} has not the seed's API, it lacks {', '.join(lacking)}: "
            "give module:Class to name an adapter"
        )
    raise UsageError(f"module {module.__name__!r} cannot be adapted")
