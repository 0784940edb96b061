"""Monitors: each is a pure function from a history and a contract to the violations it proves.

One closed property a module. Adding a monitor is one module and its line in one of the two lists.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_queuekit.contract import Contract
from pytest_queuekit.history import History
from pytest_queuekit.monitors.accepted import accepted
from pytest_queuekit.monitors.answers import answers
from pytest_queuekit.monitors.batches import batches
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.keys import keys
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_invention import no_invention
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.nonsense import nonsense
from pytest_queuekit.monitors.order import order
from pytest_queuekit.monitors.poison import poison
from pytest_queuekit.monitors.purged import purged
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.monitors.routing import routing
from pytest_queuekit.monitors.said_empty import said_empty
from pytest_queuekit.monitors.schedule import schedule
from pytest_queuekit.monitors.share import share
from pytest_queuekit.monitors.stats import stats
from pytest_queuekit.monitors.turns import turns
from pytest_queuekit.monitors.twins import twins
from pytest_queuekit.verdict import Violation

Monitor = Callable[[History, Contract], list[Violation]]
"""Tells what is certainly wrong; nothing, where two answers are possible."""

MONITORS: tuple[Monitor, ...] = (
    answers,
    batches,
    busy,
    exclusive,
    expiry,
    fencing,
    keys,
    lease_kept,
    no_invention,
    no_loss,
    no_resurrection,
    order,
    purged,
    retry,
    routing,
    said_empty,
    schedule,
    stats,
)
"""Those that any history may be put to."""

FOR_SCENARIOS: tuple[Monitor, ...] = (
    accepted,
    nonsense,
    poison,
    share,
    turns,
    twins,
)
"""Those that know what their scenario did, and are wrong about any other."""

__all__ = [
    "FOR_SCENARIOS",
    "MONITORS",
    "Monitor",
    "accepted",
    "answers",
    "batches",
    "busy",
    "exclusive",
    "expiry",
    "fencing",
    "keys",
    "lease_kept",
    "no_invention",
    "no_loss",
    "no_resurrection",
    "nonsense",
    "order",
    "poison",
    "purged",
    "retry",
    "routing",
    "said_empty",
    "schedule",
    "share",
    "stats",
    "turns",
    "twins",
]
