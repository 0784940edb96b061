"""Finds tasks that a test leaves leased."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pytest_queuekit.watch.files import PATIENCE, is_no_queue, reading

_MOST = 1000
"""Rows read from a file."""
_NAMED = 3
"""Ids named in a detail."""
# The token identifies a lease: the same task can be leased a second time.
_LEASED = f"SELECT id, lease_token FROM task_queue WHERE status = 'leased' LIMIT {_MOST}"  # noqa: S608


class Leases:
    """The leases of each file at the time of the last search."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, set[tuple[int, int]]]] = {}

    def new_in(self, path: str) -> list[int]:
        """Return the ids of the tasks in a file that were leased since the last search.

        Raises OSError or sqlite3.Error if the file exists and cannot be read.
        """
        try:
            inode = Path(path).stat().st_ino
            with reading(path, timeout=PATIENCE) as conn:
                leases = set(conn.execute(_LEASED))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except sqlite3.Error as error:
            if is_no_queue(error):
                return []
            raise
        before, known = self._known.get(path, (inode, set()))
        self._known[path] = (inode, leases)
        new = leases - known if before == inode else leases
        return sorted({task for task, _ in new})


def leased_detail(path: str, ids: list[int]) -> str:
    """Return the detail of a finding about tasks that are left leased."""
    named = ", ".join(map(str, ids[:_NAMED]))
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    subject = f"Tasks {named}{more} are" if len(ids) > 1 else f"Task {named} is"
    file = Path(path).name
    return f"{subject} still leased in {file}; complete, fail or release each claimed task"
