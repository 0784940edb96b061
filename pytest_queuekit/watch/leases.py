"""Rows that are left leased."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pytest_queuekit.watch.files import reading

_MOST = 1000
"""Rows that are looked at in a file."""
_TOLD = 3
"""Ids that stand in a sentence."""
# A lease is known by its token: the same task under the same id may be leased anew.
_LEASED = f"SELECT id, lease_token FROM task_queue WHERE status = 'leased' LIMIT {_MOST}"  # noqa: S608


class Leases:
    """The leases that were there when it was last asked, by file."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, set[tuple[int, int]]]] = {}

    def new_in(self, path: str) -> list[int]:
        """Return the ids of the tasks in a file that are leased since it was last asked."""
        try:
            inode = Path(path).stat().st_ino
            with reading(path) as conn:
                found = set(conn.execute(_LEASED))
        # It is gone, or no queue.
        except (OSError, sqlite3.Error, ValueError):  # queuekit: ignore[QR104] reading never waits
            return []
        before, known = self._known.get(path, (inode, set()))
        self._known[path] = (inode, found)
        return sorted({one[0] for one in (found - known if before == inode else found)})


def sentence(path: str, ids: list[int]) -> str:
    """Return what is said about tasks that are left leased."""
    named = ", ".join(map(str, ids[:_TOLD]))
    more = f" and {len(ids) - _TOLD} more" if len(ids) > _TOLD else ""
    many = len(ids) > 1
    return (
        f"{'tasks' if many else 'task'} {named}{more} {'are' if many else 'is'} left leased in "
        f"{Path(path).name}; complete, fail or release what was claimed"
    )
