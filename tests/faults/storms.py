"""Kills workers at random moments while others go on, and audits the answers that they got.

Each worker writes a line before and after each call, to a file of its own. So the audit knows
what was acknowledged, and what was under way in a worker that died.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pytest_queuekit.queue import QueueDatabase, StaleClaimError, TaskQueue
from tests.faults.attack import Attack
from tests.faults.tally import Tally

WORKERS = 4
KILLS = 20
LATER = 10 * 86_400.0
"""Seconds after which all leases of a storm have lapsed and all retries are due."""


def work(path: str, journal: str, name: str) -> None:
    """Use the queue until a kill."""
    queue, rng = TaskQueue(QueueDatabase(path)), random.Random(name)
    with Path(journal).open("a", buffering=1) as lines:
        number = 0
        while True:
            number += 1
            tags = [f"{name}-{number}-{part}" for part in range(rng.choice((1, 1, 5)))]
            lines.write(f"enqueuing {json.dumps(tags)}\n")
            if len(tags) == 1:
                ids = [queue.enqueue("t", tags[0], priority=rng.randint(1, 1000))]
            else:
                ids = queue.enqueue_many("t", tags, idempotency_keys=tags)
            lines.write(f"enqueued {json.dumps(ids)}\n")
            task = queue.claim(name, lease_seconds=rng.choice((1, 60)))
            if task is None:
                continue
            lines.write(f"claimed {task.id} {task.lease_token}\n")
            try:
                if rng.random() < 0.7:
                    lines.write(f"completing {task.id}\n")
                    queue.complete(task)
                    lines.write(f"completed {task.id}\n")
                else:
                    queue.fail(task, "no luck")
            except StaleClaimError:
                pass


@dataclass
class _Account:
    """What the journals say."""

    begun: set[str] = field(default_factory=set)
    enqueued: list[int] = field(default_factory=list)
    claims: Counter[tuple[str, str]] = field(default_factory=Counter)
    completing: set[int] = field(default_factory=set)
    completed: Counter[int] = field(default_factory=Counter)

    def read(self, journal: Path) -> None:
        """Add the lines of one worker; a kill may have cut the last."""
        for line in journal.read_text().splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            event, rest = line.rstrip().split(" ", 1)
            if event == "enqueuing":
                self.begun.update(json.loads(rest))
            elif event == "enqueued":
                self.enqueued += json.loads(rest)
            elif event == "claimed":
                task_id, token = rest.split()
                self.claims[task_id, token] += 1
            elif event == "completing":
                self.completing.add(int(rest))
            elif event == "completed":
                self.completed[int(rest)] += 1


def _batch(number: int, limit: int, folder: Path) -> Tally:
    path, rng = folder / "storm.db", random.Random(number)
    TaskQueue(QueueDatabase(path)).stats()  # makes the file, so that the first kill meets work
    workers = [_started(path, folder, f"{number}-{place}") for place in range(WORKERS)]
    kills = min(limit, KILLS)
    for kill in range(kills):
        time.sleep(rng.uniform(0.02, 0.2))
        place = rng.randrange(WORKERS)
        _end(workers[place])
        workers[place] = _started(path, folder, f"{number}-{WORKERS + kill}")
    for worker in workers:
        _end(worker)
    tally = Tally(tried=kills)
    account = _Account()
    for journal in folder.glob("*.journal"):
        account.read(journal)
    for log in folder.glob("*.errors"):
        if text := log.read_text():
            tally.report("wrong", text.splitlines()[-1])
    _audit(path, account, tally, f"storm {number}")
    tally.measure("calls acknowledged in a storm", len(account.enqueued) + len(account.completed))
    return tally


def _started(path: Path, folder: Path, name: str) -> subprocess.Popen[bytes]:
    code = "import sys; from tests.faults.storms import work; work(*sys.argv[1:])"
    with (folder / f"{name}.errors").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", code, path, folder / f"{name}.journal", name], stderr=errors
        )


def _end(worker: subprocess.Popen[bytes]) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def _audit(path: Path, account: _Account, tally: Tally, where: str) -> None:
    with QueueDatabase(path, clock=lambda: time.time() + LATER) as db:
        queue = TaskQueue(db)
        for problem in queue.integrity_check():
            tally.report("damaged", f"{where}: {problem}")
        rows = db.execute("SELECT id, payload, status FROM task_queue").fetchall()
        _audit_tasks(rows, account, tally, where)
        drained = Counter[int]()
        while task := queue.claim("auditor"):
            drained[task.id] += 1
            queue.complete(task)
        ended = {row[0] for row in rows if row[2] in ("completed", "failed")}
        for task_id, status in db.execute("SELECT id, status FROM task_queue").fetchall():
            if drained[task_id] > 1 or (drained[task_id] and task_id in ended):
                tally.report("doubled", f"{where}: task {task_id} was delivered after its end")
            if status not in ("completed", "failed"):
                tally.report("lost", f"{where}: no worker can claim task {task_id} ({status})")


def _audit_tasks(
    rows: list[tuple[int, str, str]], account: _Account, tally: Tally, where: str
) -> None:
    statuses = {row[0]: row[2] for row in rows}
    for task_id in account.enqueued:
        if task_id not in statuses:
            tally.report("lost", f"{where}: task {task_id} is gone")
    for task_id, count in account.completed.items():
        if count > 1:
            tally.report("doubled", f"{where}: task {task_id} was completed {count} times")
        if statuses.get(task_id) != "completed":
            tally.report("lost", f"{where}: the completion of task {task_id} is gone")
    for (name, token), count in account.claims.items():
        if count > 1:
            tally.report("doubled", f"{where}: claim {token} of task {name} went to {count}")
    for task_id, status in statuses.items():
        if status == "completed" and task_id not in account.completing:
            tally.report("wrong", f"{where}: no worker completed task {task_id}")
    for tag, count in Counter(json.loads(row[1]) for row in rows).items():
        if count > 1:
            tally.report("doubled", f"{where}: {tag} was enqueued {count} times")
        if tag not in account.begun:
            tally.report("wrong", f"{where}: no worker enqueued {tag}")
    if len(set(account.enqueued)) != len(account.enqueued):
        tally.report("doubled", f"{where}: an id was given twice")


STORMS = Attack(
    name="storm",
    model=f"SIGKILL of one of {WORKERS} working processes at random moments",
    checked="no acknowledged task or completion is gone, none delivered after its completion, "
    "no id, key or claim given twice; all that is left can be claimed",
    batches=100,
    run=_batch,
)
