"""Random calls mixed with other SQL, compared with a model that reads every row."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pytest_queuekit.queue import (
    SchedulingStrategy,
    Task,
    upkeep,
)
from pytest_queuekit.queue.clock import floor_text
from pytest_queuekit.queue.postgres import upkeep as postgres_upkeep
from pytest_queuekit.queue.routing import serves
from tests.queue.engines import EVERY_ENGINE, POSTGRES, queue_in
from tests.queue.world import Clock, Database, add_raw, change_raw, rows_of

ENGINES = EVERY_ENGINE

STEPS = 250
CAPABILITIES: list[dict[str, Any]] = [
    {},
    {"region": "US"},
    {"region": "EU"},
    {"region": ["US", "EU"], "format": "mp4"},
]
COMPATIBILITIES: list[dict[str, Any] | None] = [
    None,
    None,
    {"region": "US"},
    {"region": "EU"},
    {"region": "EU", "format": "mp4"},
]
Row = Mapping[str, Any]
KEYS: dict[SchedulingStrategy, Callable[[Row], Any]] = {
    SchedulingStrategy.FIFO: lambda row: row["id"],
    SchedulingStrategy.LIFO: lambda row: -row["id"],
    SchedulingStrategy.PRIORITY: lambda row: (row["priority"], row["id"]),
}


class World:
    """A queue, its clock and the generator that chooses the next step."""

    def __init__(self, seed: int, db: Database, clock: Clock) -> None:
        self.rng = random.Random(seed)
        self.clock = clock
        self.db = db
        self.queue = queue_in(db, rng=self.rng)
        self.ids = 0

    def step(self) -> None:
        """Run one random step."""
        actions = [
            (self.enqueue, 20),
            (self.insert, 10),
            (self.reschedule, 6),
            (self.reprioritize, 4),
            (self.requeue_by_hand, 3),
            (self.claim_by_hand, 4),
            (self.wait, 4),
            (self.acknowledge, 6),
            (self.claim, 45),
        ]
        calls, weights = zip(*actions, strict=True)
        self.rng.choices(calls, weights)[0]()

    def enqueue(self) -> None:
        self.ids = self.queue.enqueue(
            "t",
            None,
            priority=self.rng.randint(1, 5),
            delay=self.rng.choice([0, 0, 0, 3, 7, 20.5]),
            compatibility=self.rng.choice(COMPATIBILITIES),
            max_attempts=3,
        )

    def insert(self) -> None:
        compatibility = self.rng.choice(COMPATIBILITIES)
        self.ids = add_raw(
            self.db,
            priority=self.rng.randint(1, 5),
            compatibility=json.dumps(compatibility or {}),
            run_after_utc=floor_text(self.clock.now + self.rng.randint(-5, 10)),
        )

    def some_id(self) -> int:
        return self.rng.randint(1, max(1, self.ids))

    def reschedule(self) -> None:
        moment = f"datetime('now', '{self.rng.randint(-5, 10)} seconds')"
        change_raw(self.db, self.some_id(), f"run_after_utc = {moment}")

    def reprioritize(self) -> None:
        change_raw(self.db, self.some_id(), f"priority = {self.rng.randint(1, 5)}")

    def requeue_by_hand(self) -> None:
        change_raw(self.db, self.some_id(), "status = 'queued', lease_until_utc = NULL")

    def claim_by_hand(self) -> None:
        rows_of(
            self.db,
            "UPDATE task_queue SET status = 'leased', locked_by = 'raw', "
            "reserved_at_utc = datetime('now'), lease_until_utc = datetime('now', '+6 seconds') "
            "WHERE id = (SELECT id FROM task_queue WHERE status = 'queued' "
            "AND run_after_utc <= datetime('now') ORDER BY priority, id LIMIT 1)",
        )

    def wait(self) -> None:
        self.clock.advance(self.rng.choice([0.5, 1, 3, 8]))

    def acknowledge(self) -> None:
        held = [row["id"] for row in self.rows() if row["status"] == "leased"]
        if held:
            task = self.queue.get(self.rng.choice(held))
            ends: list[Callable[[Task], Task]] = [
                self.queue.complete,
                self.queue.release,
                self.queue.extend,
                lambda task: self.queue.fail(task, "x"),
            ]
            self.rng.choice(ends)(task)

    def rows(self) -> list[Row]:
        ids = rows_of(self.db, "SELECT id FROM task_queue")
        return [self.queue.get(task_id).to_dict() for (task_id,) in ids]

    def claim(self) -> None:
        """Claim, and compare the task with the best of all claimable rows."""
        strategy = self.rng.choice(list(SchedulingStrategy))
        capabilities = self.rng.choice(CAPABILITIES)
        could = [row for row in self.rows() if self.could_be_claimed(row, capabilities)]
        lease = self.rng.choice([2, 5, 30])
        task = self.queue.claim("w", capabilities, lease_seconds=lease, strategy=strategy)
        if task is None:
            assert could == []
        elif strategy in KEYS:
            assert task.id == min(could, key=KEYS[strategy])["id"]
        else:
            assert task.id in {row["id"] for row in could}

    def could_be_claimed(self, row: Row, capabilities: dict[str, Any]) -> bool:
        now = floor_text(self.clock.now)
        lapsed = row["lease_until_utc"] is not None and row["lease_until_utc"] <= now
        left = row["max_attempts"] - row["attempts"]
        is_free = (row["status"] == "queued" and left > 0) or (
            row["status"] == "leased" and lapsed and left > 1
        )
        is_due = row["run_after_utc"] <= now
        compatibility = row["compatibility"].encode()
        return is_free and is_due and serves(compatibility, json.dumps(capabilities))


@pytest.mark.parametrize("seed", range(24))
def test_claims_are_right_beside_other_sql(
    seed: int, engine: str, db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each claim takes the right task, whatever other SQL inserted, moved or claimed.

    In two of three worlds a claim promotes only one or two due tasks at a time, so it must find
    the best task among those not yet promoted, or promote them first.
    """
    promoted = [500, 1, 2][seed % 3]
    _promote_few(monkeypatch, promoted, on_postgres=engine == POSTGRES)
    world = World(seed, db, clock)
    for _ in range(STEPS):
        world.step()
    # Other SQL may lease a task without an end, and queue a dead letter again.
    made_by_other_sql = ("are leased without an end", "are queued without attempts left")
    assert all(
        any(kind in problem for kind in made_by_other_sql)
        for problem in world.queue.integrity_check()
    )


def _promote_few(monkeypatch: pytest.MonkeyPatch, limit: int, *, on_postgres: bool) -> None:
    """Let a claim promote at most so many tasks in one step."""
    module = postgres_upkeep if on_postgres else upkeep
    claims = f"pytest_queuekit.queue.{'postgres.' if on_postgres else ''}claims"
    promote = module.promote_due
    monkeypatch.setattr(f"{claims}.CHUNK", limit)
    monkeypatch.setattr(
        f"{claims}.promote_due", lambda *arguments: promote(*arguments, limit=limit)
    )
