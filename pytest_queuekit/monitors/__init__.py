"""Monitors: each is a pure function from a history and a contract to the violations it proves.

One closed property a module. Adding a monitor is one module and its line in one of the two lists.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.answers import answers
from pytest_queuekit.monitors.bad_durations import bad_durations
from pytest_queuekit.monitors.batches import batches
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.fairness import fairness
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.idempotency import idempotency
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_deduplication import no_deduplication
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.no_spurious_refusal import no_spurious_refusal
from pytest_queuekit.monitors.order import order
from pytest_queuekit.monitors.poison import poison
from pytest_queuekit.monitors.purged import purged
from pytest_queuekit.monitors.ready_order import ready_order
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.monitors.routing import routing
from pytest_queuekit.monitors.schedule import schedule
from pytest_queuekit.monitors.stats import stats

Monitor = Callable[[History, Contract], list[Violation]]
"""Tells what is certainly wrong; nothing, where two answers are possible."""

MONITORS: tuple[Monitor, ...] = (
    answers,
    batches,
    busy,
    exclusive,
    expiry,
    fencing,
    idempotency,
    lease_kept,
    no_phantom,
    no_loss,
    no_resurrection,
    order,
    purged,
    retry,
    routing,
    no_false_empty,
    schedule,
    stats,
)
"""Those that any history may be put to."""

FOR_SCENARIOS: tuple[Monitor, ...] = (
    no_spurious_refusal,
    bad_durations,
    poison,
    fairness,
    ready_order,
    no_deduplication,
)
"""Those that know what their scenario did, and are wrong about any other."""

__all__ = [
    "FOR_SCENARIOS",
    "MONITORS",
    "Monitor",
    "answers",
    "bad_durations",
    "batches",
    "busy",
    "exclusive",
    "expiry",
    "fairness",
    "fencing",
    "idempotency",
    "lease_kept",
    "no_deduplication",
    "no_false_empty",
    "no_loss",
    "no_phantom",
    "no_resurrection",
    "no_spurious_refusal",
    "order",
    "poison",
    "purged",
    "ready_order",
    "retry",
    "routing",
    "schedule",
    "stats",
]
