"""The rule that a kind of violation breaks, for a history that no rule's scenario made.

Several rules may show one kind; this is the one whose sentence says the broken promise in general.
"""

from __future__ import annotations

from collections.abc import Mapping

RULE_OF: Mapping[str, str] = {
    "cancelled-again": "ACK-12",
    "changed": "ENQUEUE-3",
    "completed-again": "ACK-1",
    "dead-again": "RETRY-8",
    "dead-too-early": "RETRY-1",
    "death-hidden": "RETRY-14",
    "delivered-dead": "RETRY-4",
    "double-delivery": "CLAIM-1",
    "early": "SCHEDULE-1",
    "early-retry": "RETRY-2",
    "fifo-order": "ORDER-1",
    "group-overfull": "GROUP-1",
    "holder-refused": "LEASE-11",
    "invented": "CLAIM-2",
    "key-let-through": "KEY-1",
    "key-not-freed": "KEY-7",
    "key-not-refused": "KEY-14",
    "keyed-lost": "KEY-8",
    "left-out": "CLAIM-8",
    "lifo-order": "ORDER-2",
    "lost": "ENQUEUE-1",
    "lost-retry": "RETRY-1",
    "misplaced": "ORDER-12",
    "misrouted": "ROUTE-1",
    "missing-dead-letter": "RETRY-7",
    "not-purged": "STATS-8",
    "not-reclaimed": "LEASE-1",
    "not-replaced": "KEY-14",
    "outdated": "SCHEDULE-11",
    "over-limit": "CLAIM-7",
    "priority-order": "ORDER-3",
    "refused-but-kept": "ENQUEUE-4",
    "released-lost": "ENQUEUE-1",
    "requeue-attempts": "RETRY-19",
    "requeue-hastened": "RETRY-18",
    "requeue-lost": "RETRY-16",
    "requeue-refused": "RETRY-16",
    "requeue-revived": "RETRY-18",
    "said-empty": "CLAIM-3",
    "stale-gave-back": "ACK-8",
    "stale-shut-out": "ACK-6",
    "stale-swallowed": "ACK-6",
    "unfinished-lost": "ENQUEUE-1",
    "wrong-count": "STATS-1",
}
