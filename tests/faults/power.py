"""Cuts the power at every file operation of a recorded run.

What was synced is on the disk. Of what was written since, a cut keeps nothing, everything, any of
the writes, or any of their sectors of 512 bytes. The shared-memory file is never kept.
"""

from __future__ import annotations

import pickle
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.attack import Attack, spread
from tests.faults.cases import Send, forked, judge_file, remove
from tests.faults.disk import OK, FileOperation, ObservedDisk
from tests.faults.tally import Tally
from tests.faults.workload import State, Synchronous, Workload, states

CALLS = 60
SECTOR = 512
KEEPING = ("nothing", "everything", "some writes", "some sectors")


@dataclass
class Recording:
    """The file operations of a run.

    operations: in order.
    acknowledged: for each operation, the calls that had returned before it.
    """

    operations: list[FileOperation] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)

    def done_before(self, number: int) -> int:
        """Return the calls that had returned before operation `number`, or the end of the run."""
        return self.acknowledged[number] if number < len(self.operations) else CALLS


@dataclass
class _File:
    """A file on the disk: what is safe, and what was written since the last sync."""

    safe: bytes | None = None
    pending: list[FileOperation] = field(default_factory=list)


def _record(path: Path, seed: int, synchronous: Synchronous, send: Send) -> None:
    recording, done = Recording(), 0

    def observer(operation: FileOperation) -> int:
        if operation.kind not in ("read", "open"):
            recording.operations.append(operation)
            recording.acknowledged.append(done)
        return OK

    def connected(conn: sqlite3.Connection) -> None:
        if seed % 2:  # checkpoints in the middle of the work
            conn.execute("PRAGMA wal_autocheckpoint = 20")

    with ObservedDisk().observed(observer):
        load = Workload(path, seed, synchronous=synchronous, on_connect=connected)
        for name in load.calls(CALLS):
            done += 1
            send(name)
        load.db.close()
    path.with_suffix(".recorded").write_bytes(pickle.dumps(recording))


def _disks(recording: Recording) -> Iterator[tuple[int, dict[str, _File]]]:
    """Yield, for each operation, how many there were and the files when it was to come."""
    files: dict[str, _File] = {}
    for number, operation in enumerate(recording.operations):
        yield number, files
        file = files.setdefault(operation.path, _File())
        file.pending.append(operation)
        if operation.kind == "sync":
            if file.safe is None:  # SQLite syncs the folder with a new file: deletions are safe too
                for name in [name for name in files if _is_deleted(files[name].pending)]:
                    del files[name]
            file.safe = _content(file, file.pending)
            file.pending.clear()
    yield len(recording.operations), files


def _is_deleted(kept: list[FileOperation]) -> bool:
    return bool(kept) and kept[-1].kind == "delete"


def _content(file: _File, kept: list[FileOperation]) -> bytes:
    content = bytearray(file.safe or b"")
    for operation in kept:
        if operation.kind == "write":
            content.extend(b"\0" * (operation.offset - len(content)))
            content[operation.offset : operation.offset + len(operation.data)] = operation.data
        elif operation.kind == "truncate":
            del content[operation.offset :]
        elif operation.kind == "delete":
            content.clear()
    return bytes(content)


def _kept(file: _File, keeping: str, rng: random.Random) -> list[FileOperation]:
    match keeping:
        case "nothing":
            return []
        case "everything":
            return file.pending
        case "some writes":
            return [operation for operation in file.pending if rng.random() < 0.5]
        case _:
            return [
                sector
                for operation in file.pending
                for sector in _sectors(operation)
                if rng.random() < 0.5
            ]


def _sectors(operation: FileOperation) -> list[FileOperation]:
    if operation.kind != "write":
        return [operation]
    return [
        FileOperation(
            kind="write",
            path=operation.path,
            offset=operation.offset + start,
            data=operation.data[start : start + SECTOR],
        )
        for start in range(0, len(operation.data), SECTOR)
    ]


def _promised(recording: Recording, synchronous: Synchronous, number: int) -> int:
    """Return how many calls must have survived a cut before operation `number`.

    FULL promises each acknowledged call. NORMAL promises those that were acknowledged when the log
    was last synced, which a checkpoint does.
    """
    if synchronous == "FULL" or number == len(recording.operations):
        return recording.done_before(number)
    for earlier in range(number - 1, -1, -1):
        operation = recording.operations[earlier]
        if operation.kind == "sync" and operation.path.endswith("-wal"):
            return recording.acknowledged[earlier]
    return 0


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A recorded run whose power is cut.

    seed: of its workload. synchronous: its durability level.
    passed: the states that it passed through. folder: for the disks that cuts leave.
    """

    seed: int
    synchronous: Synchronous
    recording: Recording
    passed: list[State]
    folder: Path

    def cut(self, number: int, files: dict[str, _File], keeping: str, tally: Tally) -> None:
        """Write what a cut before operation `number` leaves, and judge it."""
        path = self.folder / "cut.db"
        remove(path)
        rng = random.Random(f"{self.seed} {number} {keeping}")
        path.touch()
        for name, file in files.items():
            kept = _kept(file, keeping, rng)
            if (file.safe is not None or kept) and not _is_deleted(kept):
                suffix = name.rpartition("recorded.db")[2]
                path.with_name(path.name + suffix).write_bytes(_content(file, kept))
        done = self.recording.done_before(number)
        judge_file(
            path,
            tally,
            self.passed,
            least=_promised(self.recording, self.synchronous, number),
            most=min(done + 1, CALLS),
            where=f"{self.synchronous}, seed {self.seed}, cut at {number}, after call {done}, "
            f"{keeping} kept",
        )


def _batch(synchronous: Synchronous) -> Callable[[int, int, Path], Tally]:
    def run(number: int, limit: int, folder: Path) -> Tally:
        tally, path = Tally(), folder / "recorded.db"
        passed = states(folder, number, CALLS)
        ended = forked(lambda send: _record(path, number, synchronous, send))
        if ended.error:
            raise RuntimeError(ended.error)
        recorded = _Run(
            seed=number,
            synchronous=synchronous,
            recording=pickle.loads(path.with_suffix(".recorded").read_bytes()),  # noqa: S301 - written just now
            passed=passed,
            folder=folder,
        )
        operations = recorded.recording.operations
        cuts = set(spread(len(operations), max(1, limit // len(KEEPING))))
        for cut, files in _disks(recorded.recording):
            if cut in cuts:
                for keeping in KEEPING:
                    recorded.cut(cut, files, keeping, tally)
        return tally

    return run


CHECKED = "the file opens, is sound, and is in the state after a number of calls that is at least "
NORMAL = Attack(
    name="power-normal",
    model="power cut at every file operation, synchronous NORMAL",
    checked=CHECKED + "that of the calls acknowledged before the last sync of the log",
    batches=6,
    run=_batch("NORMAL"),
    needs_observed_disk=True,
)
FULL = Attack(
    name="power-full",
    model="power cut at every file operation, synchronous FULL",
    checked=CHECKED + "that of all acknowledged calls",
    batches=6,
    run=_batch("FULL"),
    needs_observed_disk=True,
)
