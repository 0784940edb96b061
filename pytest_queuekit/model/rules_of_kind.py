"""The rules that test a promise, by the kind of the violation, for calls that no rule made.

A walk and a history from elsewhere show a violation without the scenario of a rule.
"""

from __future__ import annotations

from collections.abc import Mapping

RULES_OF: Mapping[str, tuple[str, ...]] = {
    "cancel-refused": ("ACK-12", "ACK-13"),
    "cancelled-again": ("ACK-12", "ACK-13"),
    "changed": ("ENQUEUE-3", "ENQUEUE-4", "ENQUEUE-5", "ENQUEUE-6", "ENQUEUE-7"),
    "claim-refused": ("CLAIM-3",),
    "completed-again": ("ACK-1", "ACK-2", "ACK-16"),
    "dead-again": ("RETRY-8",),
    "dead-too-early": ("RETRY-7", "RETRY-5"),
    "death-hidden": ("RETRY-14",),
    "delivered-dead": ("RETRY-4", "RETRY-5"),
    "double-delivery": ("CLAIM-1", "LEASE-2"),
    "early": ("SCHEDULE-1",),
    "early-retry": ("RETRY-2", "RETRY-3"),
    "fifo-order": ("ORDER-1", "ORDER-4"),
    "group-overfull": ("GROUP-1",),
    "holder-refused": ("LEASE-11",),
    "invented": (
        "CLAIM-2",
        "ENQUEUE-1",
        "ENQUEUE-3",
        "ENQUEUE-4",
        "ENQUEUE-5",
        "ENQUEUE-6",
        "ENQUEUE-7",
    ),
    "key-let-through": ("KEY-1", "KEY-2", "KEY-3", "KEY-4", "KEY-10", "KEY-11"),
    "key-not-freed": ("KEY-7",),
    "key-not-refused": ("KEY-14",),
    "keyed-lost": ("KEY-8",),
    "left-out": ("CLAIM-8",),
    "lifo-order": ("ORDER-2", "ORDER-5"),
    "lost": ("ENQUEUE-1",),
    "lost-retry": ("RETRY-1", "RETRY-3"),
    "misrouted": ("ROUTE-1",),
    "misplaced": ("ORDER-12",),
    "missing-dead-letter": ("RETRY-7",),
    "not-purged": ("STATS-8",),
    "not-replaced": ("KEY-14",),
    "not-reclaimed": ("LEASE-1", "LEASE-4"),
    "outdated": ("SCHEDULE-11",),
    "out-of-turn": ("ORDER-3", "ORDER-6", "SCHEDULE-6", "ROUTE-8"),
    "over-limit": ("CLAIM-7",),
    "priority-order": ("ORDER-3", "ORDER-6"),
    "refused-but-kept": ("ENQUEUE-4", "ENQUEUE-6"),
    "requeue-attempts": ("RETRY-19",),
    "requeue-hastened": ("RETRY-18",),
    "requeue-lost": ("RETRY-16",),
    "requeue-refused": ("RETRY-16",),
    "requeue-revived": ("RETRY-18", "RETRY-17"),
    "released-lost": ("LEASE-9",),
    "said-empty": ("CLAIM-3", "SCHEDULE-2", "LEASE-9"),
    "stale-gave-back": ("ACK-7", "ACK-8"),
    "stale-shut-out": ("ACK-6", "ACK-7", "ACK-8", "ACK-9"),
    "stale-swallowed": ("ACK-6",),
    "turned-away": ("ENQUEUE-1",),
    "unfinished-lost": ("LEASE-1",),
    "wrong-count": tuple(f"STATS-{number}" for number in (1, 2, 3, 4, 5, 8, 10, 11)),
}
"""The first rule of a kind is the usual one: its sentence says the broken promise in general.

The kinds of `answers` and `busy` have none: they break the form of the queue's answers.
"""
