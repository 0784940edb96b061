"""Damages a page of the file, and uses it."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
from pathlib import Path

from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, TaskQueue
from tests.faults.attack import Attack
from tests.faults.cases import Send, forked, remove
from tests.faults.tally import Tally
from tests.faults.workload import Workload
from tests.queue.world import START

CASES = 100
PAGE = 4096
LONGEST = 30
"""Seconds after which a case counts as hanging."""


def _damage(path: Path, rng: random.Random) -> str:
    content = bytearray(path.read_bytes())
    page = rng.randrange(len(content) // PAGE) * PAGE
    kind = rng.choice(("zeroed", "filled", "swapped", "bits", "cut"))
    match kind:
        case "zeroed":
            content[page : page + PAGE] = bytes(PAGE)
        case "filled":
            content[page : page + PAGE] = rng.randbytes(PAGE)
        case "swapped":
            other = rng.randrange(len(content) // PAGE) * PAGE
            content[page : page + PAGE], content[other : other + PAGE] = (
                content[other : other + PAGE],
                content[page : page + PAGE],
            )
        case "bits":
            for _ in range(8):
                content[page + rng.randrange(PAGE)] ^= 1 << rng.randrange(8)
        case "cut":
            del content[page + rng.randrange(PAGE) :]
    path.write_bytes(content)
    return f"page {page // PAGE} {kind}"


def _use(path: Path, send: Send) -> None:
    """Make calls; only errors of the queue may come."""
    signal.alarm(LONGEST)
    with QueueDatabase(path, clock=lambda: START + 1000, busy_seconds=0) as db:
        queue = TaskQueue(db)
        for call in (
            queue.integrity_check,
            queue.stats,
            lambda: queue.claim("w"),
            lambda: queue.enqueue("t", None),
            queue.reclaim,
            lambda: queue.dead_letters(),
            lambda: queue.purge(0),
        ):
            try:
                call()
            except QueueDatabaseError as error:
                send(type(error).__name__)


def _batch(number: int, limit: int, folder: Path) -> Tally:
    tally, rng = Tally(), random.Random(number)
    sound, path = folder / "sound.db", folder / "damaged.db"
    load = Workload(sound, number)
    for _ in load.calls(150):
        pass
    load.db.close()
    with sqlite3.connect(sound) as conn:
        conn.execute("PRAGMA journal_mode = DELETE")
    conn.close()
    with_errors = 0
    for _ in range(min(limit, CASES)):
        remove(path)
        shutil.copyfile(sound, path)
        where = f"batch {number}: {_damage(path, rng)}"
        tally.tried += 1
        ended = forked(lambda send: _use(path, send))
        if ended.was_killed or ended.error:
            tally.report("wrong", f"{where}: {ended.error.splitlines()[-1]}")
        with_errors += bool(ended.lines)
    tally.measure("cases of a batch in which the queue raised an error", with_errors)
    return tally


DAMAGE = Attack(
    name="damage",
    model="a page of the file zeroed, overwritten, swapped, with flipped bits, or cut off",
    checked="each call works or raises an error of the queue; none crashes or hangs",
    batches=20,
    run=_batch,
)
