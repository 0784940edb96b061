"""All rules, in the order in which they are told. A further family is an entry here."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_queuekit.rules import (
    acknowledge,
    claim,
    concurrency,
    durability,
    enqueue,
    idempotency,
    lease,
    order,
    retry,
    routing,
    schedule,
    stats,
)
from pytest_queuekit.rules.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Family:
    """Rules about one thing.

    name: what their ids begin with.
    about: the promise of the family, in a few words.
    rules: numbered from 1.
    """

    name: str
    about: str
    rules: tuple[Rule, ...]


FAMILIES: tuple[Family, ...] = (
    Family(name="ENQUEUE", about="What is put in comes out, unchanged.", rules=enqueue.RULES),
    Family(name="CLAIM", about="What waits is handed out, to one worker.", rules=claim.RULES),
    Family(
        name="ORDER", about="Who waits longest, or matters most, goes first.", rules=order.RULES
    ),
    Family(name="SCHEDULE", about="A task that has to wait comes in time.", rules=schedule.RULES),
    Family(name="LEASE", about="A worker keeps its task as long as promised.", rules=lease.RULES),
    Family(
        name="ACK", about="What a task's worker says counts, for good.", rules=acknowledge.RULES
    ),
    Family(name="RETRY", about="What failed is tried again, not for ever.", rules=retry.RULES),
    Family(name="KEY", about="One key, one task.", rules=idempotency.RULES),
    Family(name="ROUTE", about="A task goes to those who can do it.", rules=routing.RULES),
    Family(name="STATS", about="Counts are true, and upkeep harms nothing.", rules=stats.RULES),
    Family(
        name="RACE", about="What holds for one holds for many at once.", rules=concurrency.RULES
    ),
    Family(name="DURABLE", about="What was said stays said.", rules=durability.RULES),
)

CATALOGUE: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.rules)
