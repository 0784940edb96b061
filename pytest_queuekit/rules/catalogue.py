"""All rules, in the order of the reports. A new family needs an entry here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pytest_queuekit.rules import (
    acknowledge,
    claim,
    clock,
    concurrency,
    crash,
    durability,
    enqueue,
    fork,
    groups,
    growth,
    idempotency,
    lease,
    order,
    retry,
    routing,
    schedule,
    stats,
    value,
    walk,
)
from pytest_queuekit.rules.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Family:
    """The rules about one subject.

    name: the prefix of their ids.
    about: the promise of the family, in a few words.
    rules: numbered from 1.
    """

    name: str
    about: str
    rules: tuple[Rule, ...]


FAMILIES: tuple[Family, ...] = (
    Family(name="ENQUEUE", about="Accepted tasks are delivered, unchanged.", rules=enqueue.RULES),
    Family(
        name="CLAIM",
        about="A waiting task is delivered to one worker at a time.",
        rules=claim.RULES,
    ),
    Family(name="ORDER", about="Tasks are delivered in the declared order.", rules=order.RULES),
    Family(
        name="SCHEDULE", about="A delayed task is delivered when it is due.", rules=schedule.RULES
    ),
    Family(
        name="LEASE",
        about="A worker keeps its task until its lease expires, and no longer.",
        rules=lease.RULES,
    ),
    Family(
        name="ACK",
        about="Only a task's current holder decides its outcome, once and for all.",
        rules=acknowledge.RULES,
    ),
    Family(name="RETRY", about="A failed task is tried again, but not forever.", rules=retry.RULES),
    Family(name="KEY", about="One idempotency key, one task.", rules=idempotency.RULES),
    Family(
        name="GROUP",
        about="Workers hold no more tasks of one group at a time than declared.",
        rules=groups.RULES,
    ),
    Family(name="ROUTE", about="A task goes only to workers that can do it.", rules=routing.RULES),
    Family(
        name="STATS",
        about="Counts are correct, and maintenance harms no live task.",
        rules=stats.RULES,
    ),
    Family(
        name="VALUE",
        about="A hostile argument is honoured or rejected, and harms no other call.",
        rules=value.RULES,
    ),
    Family(
        name="GROWTH",
        about="Costs do not grow with the backlog; files and memory stay bounded.",
        rules=growth.RULES,
    ),
    Family(
        name="CLOCK",
        about="Daylight saving, time zones and clocks that are set do no harm.",
        rules=clock.RULES,
    ),
    Family(
        name="RACE",
        about="Every promise holds for many callers at the same time.",
        rules=concurrency.RULES,
    ),
    Family(
        name="DURABLE",
        about="Accepted tasks and their states survive restarts and kills.",
        rules=durability.RULES,
    ),
    Family(name="CRASH", about="A dead worker's task goes to another worker.", rules=crash.RULES),
    Family(name="FORK", about="A fork with an open instance loses no task.", rules=fork.RULES),
    Family(
        name="WALK",
        about="The promises hold together, in any order of calls.",
        rules=walk.RULES,
    ),
)

CATALOGUE: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.rules)


def edition() -> str:
    """Return which catalogue this is: "222 rules, 1f0c9a3e".

    The second part depends on the ids, the requirements and the sentences alone.
    """
    text = "\n".join(f"{rule.id} {rule.requirement} {rule.sentence}" for rule in CATALOGUE)
    return f"{len(CATALOGUE)} rules, {hashlib.sha256(text.encode()).hexdigest()[:8]}"
