"""The cost of a claim in steps of SQLite's virtual machine: no clock, so no noise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from depth import filled, note

from pytest_queuekit.queue import QueueDatabase, SchedulingStrategy, TaskClaimerFactory

CLAIMS = 5
DEPTHS = ((1_000, 0), (10_000, 0), (100_000, 0), (10_000, 90_000), (1_000_000, 0))
"""Ready tasks, and tasks of better priority that wait for their time."""
CAPABILITIES = {"region": ["US", "EU"]}


def steps_of_a_claim(
    db: QueueDatabase, strategy: SchedulingStrategy, capabilities: Mapping[str, Any]
) -> float:
    """Return the mean of a few claims."""
    claimer = TaskClaimerFactory.create(strategy, db)
    claimer.claim_task("bench", capabilities)
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with db.connection() as conn:
        conn.set_progress_handler(count, 1)
        for _ in range(CLAIMS):
            if claimer.claim_task("bench", capabilities) is None:
                raise SystemExit("error: the queue to measure on is empty")
        conn.set_progress_handler(None, 1)
    return counted / CLAIMS


def print_steps(folder: Path, *, quick: bool) -> None:
    """Print a table: depth by strategy, without and with capabilities."""
    print("Steps of SQLite's virtual machine for one claim")
    names = [strategy.name for strategy in SchedulingStrategy]
    print(f"{'ready':>8} {'waiting':>8}  {'':12}" + "".join(f"{name:>17}" for name in names))
    for ready, waiting in DEPTHS:
        if quick and ready + waiting > 10_000:
            continue
        for routed in (False, True):
            note(f"{ready:,} ready, {waiting:,} waiting")
            path = folder / f"steps-{ready}-{waiting}-{routed}.db"
            with filled(path, ready=ready, waiting=waiting, routed=routed) as db:
                figures = [
                    steps_of_a_claim(db, strategy, CAPABILITIES if routed else {})
                    for strategy in SchedulingStrategy
                ]
            note("")
            kind = "capabilities" if routed else ""
            print(
                f"{ready:>8,} {waiting:>8,}  {kind:12}"
                + "".join(f"{figure:>17,.0f}" for figure in figures)
            )
