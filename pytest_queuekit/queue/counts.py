"""The counts of tasks by state."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True)
class QueueStats:
    """Counts of tasks, all at one moment.

    queued: ready and waiting tasks, and those that other SQL queued without attempts left.
    ready: tasks that a claim could take.
    waiting: tasks that are not due yet.
    leased: tasks that a worker holds, including those with status 'processing'.
    lapsed: leased tasks with a lapsed lease, not yet reclaimed.
    endless: tasks that other SQL leased without an end; no claim reclaims them.
    completed: completed tasks.
    dead: dead letters.
    cancelled: cancelled tasks.
    oldest_ready_seconds: seconds since the first enqueued of the ready tasks came due; None if
        no task is ready.
    wal_bytes: size of the -wal beside the file. Above 20 MB, a reader probably holds an old
        snapshot: an unfinished SELECT, or a transaction that only reads.
    """

    queued: int
    ready: int
    waiting: int
    leased: int
    lapsed: int
    endless: int
    completed: int
    dead: int
    cancelled: int
    oldest_ready_seconds: float | None
    wal_bytes: int = field(default=0, compare=False)

    def as_dict(self) -> dict[str, int | float | None]:
        """Return the counts by name."""
        return asdict(self)
