"""One kind of attack: a fault model, in batches that can be run one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.tally import Tally

Batch = Callable[[int, int, Path], Tally]
"""Runs a batch: its number, the most cases to try (chosen evenly), and an empty folder."""

ALL = 1_000_000
"""A number of cases that no batch reaches."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """A kind of fault, and the check that it does no harm.

    name: a short name for the command line.
    model: the fault, as a row of the table names it.
    checked: what every case checks.
    batches: number of batches of the full attack.
    run: runs a batch.
    needs_observed_disk: True if the attack works only where SQLite's files can be observed.
    """

    name: str
    model: str
    checked: str
    batches: int
    run: Batch
    needs_observed_disk: bool = False


def spread(total: int, limit: int) -> range:
    """Return at most `limit` of the points 1 to `total`, evenly spread, with the last."""
    step = max(1, -(-total // limit))
    return range(total, 0, -step)
