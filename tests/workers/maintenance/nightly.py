"""The job of the night: take back, put away, look, copy, tidy up.

It may be run at any time, also while workers claim: all that is long is done in short steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue, retry_busy

DAY = 86_400
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The retention of tasks and backups.

    archive_after: seconds after which tasks that ended are put into the archive.
    copies: how many backups are kept.
    """

    archive_after: float = 7 * DAY
    copies: int = 3


@dataclass(frozen=True, kw_only=True)
class Report:
    """The work of one night.

    reclaimed, promoted: tasks that time had freed. archived: tasks put away.
    damage: what is wrong with the file; then nothing was copied or tidied up.
    backup: the new copy; None if there is damage.
    vacuumed: True if space was given back; False if the queue was in use.
    """

    reclaimed: int
    promoted: int
    archived: int
    damage: tuple[str, ...]
    backup: Path | None
    vacuumed: bool


def run(db: QueueDatabase, folder: Path, plan: Plan | None = None) -> Report:
    """Do the job once; backups go into the folder, which is made."""
    plan = plan or Plan()
    queue = TaskQueue(db)
    swept = queue.sweep()
    archived = retry_busy(lambda: queue.archive(plan.archive_after))
    damage = tuple(queue.integrity_check())
    backup = None if damage else _backup(queue, folder, plan.copies)
    return Report(
        reclaimed=swept.reclaimed,
        promoted=swept.promoted,
        archived=archived,
        damage=damage,
        backup=backup,
        vacuumed=not damage and _vacuum(queue),
    )


def _backup(queue: TaskQueue, folder: Path, copies: int) -> Path:
    """Write the next copy, and delete the oldest ones once it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    existing = sorted(folder.glob("queue-*.db"))
    number = int(existing[-1].stem.removeprefix("queue-")) + 1 if existing else 1
    copy = Path(queue.backup(folder / f"queue-{number:06}.db"))
    for old in [*existing, copy][:-copies]:
        old.unlink()
    return copy


def _vacuum(queue: TaskQueue) -> bool:
    try:
        queue.vacuum()
    except QueueBusyError:
        return False  # there is always another night
    return True
