"""Monitors: pure functions from a history and a contract to the violations that the history proves.

Each module holds one property and the monitor of the same name. To add a monitor, write its module
and add it to one of the two lists below. A violation carries its witness: the few operations that
prove it.

Monitors need neither pytest nor a queue. In a REPL, `check` judges any history, for example one
that `pytest_queuekit.model.history.read_history` reads from a file:

    >>> from pytest_queuekit.adapters.reference import ReferenceQueue
    >>> from pytest_queuekit.model.contract import Contract
    >>> from pytest_queuekit.model.history import SECOND, History, Operation, Outcome, Verb
    >>> from pytest_queuekit.monitors import check, exclusive
    >>> def call(second, actor, verb):
    ...     at = second * SECOND
    ...     options = {"outcome": Outcome.OK, "task": "task-1"}
    ...     return Operation(actor=actor, verb=verb, start=at, end=at, **options)
    >>> calls = [call(0, "p", Verb.ENQUEUE), call(1, "a", Verb.CLAIM), call(2, "b", Verb.CLAIM)]
    >>> history = History.of(calls, lease=60)
    >>> contract = Contract.of(ReferenceQueue)
    >>> for violation in check(history, contract):
    ...     print(violation.title, [operation.number for operation in violation.witness])
    Task delivered twice [1, 2]

A single monitor works alike: `exclusive(history, contract)` judges that property alone.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.abandoned import abandoned
from pytest_queuekit.monitors.aftermath import aftermath
from pytest_queuekit.monitors.answers import answers
from pytest_queuekit.monitors.bad_durations import bad_durations
from pytest_queuekit.monitors.batch_order import batch_order
from pytest_queuekit.monitors.batches import batches
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.converted_payload import converted_payload
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.explained import explained
from pytest_queuekit.monitors.fairness import fairness
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.footprint import footprint
from pytest_queuekit.monitors.groups import groups
from pytest_queuekit.monitors.growth import growth
from pytest_queuekit.monitors.handed_out import handed_out
from pytest_queuekit.monitors.idempotency import idempotency
from pytest_queuekit.monitors.in_some_order import in_some_order
from pytest_queuekit.monitors.key_conflict import key_conflict
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.memory import memory
from pytest_queuekit.monitors.no_deduplication import no_deduplication
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.no_spurious_refusal import no_spurious_refusal
from pytest_queuekit.monitors.order import order
from pytest_queuekit.monitors.outdated import outdated
from pytest_queuekit.monitors.poison import poison
from pytest_queuekit.monitors.purged import purged
from pytest_queuekit.monitors.ready_order import ready_order
from pytest_queuekit.monitors.redelivery import redelivery
from pytest_queuekit.monitors.repeated_attempt import repeated_attempt
from pytest_queuekit.monitors.requeue import requeue
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.monitors.routing import routing
from pytest_queuekit.monitors.schedule import schedule
from pytest_queuekit.monitors.stats import stats
from pytest_queuekit.monitors.stuck_behind import stuck_behind
from pytest_queuekit.monitors.timeline.findings import smallest
from pytest_queuekit.monitors.under_lock import under_lock
from pytest_queuekit.monitors.worker_death import worker_death

Monitor = Callable[[History, Contract], list[Violation]]
"""Reports certain violations only: if some order of the operations explains them, none."""

MONITORS: tuple[Monitor, ...] = (
    answers,
    batches,
    busy,
    exclusive,
    expiry,
    fencing,
    groups,
    handed_out,
    idempotency,
    key_conflict,
    lease_kept,
    no_phantom,
    no_loss,
    no_resurrection,
    order,
    outdated,
    purged,
    redelivery,
    requeue,
    retry,
    routing,
    no_false_empty,
    schedule,
    stats,
    worker_death,
)
"""The monitors that apply to any history."""

FOR_SCENARIOS: tuple[Monitor, ...] = (
    abandoned,
    no_spurious_refusal,
    converted_payload,
    aftermath,
    bad_durations,
    footprint,
    growth,
    memory,
    poison,
    repeated_attempt,
    fairness,
    ready_order,
    no_deduplication,
    batch_order,
    stuck_behind,
    in_some_order,
    under_lock,
    explained,
)
"""The monitors that assume a certain scenario and may accuse a correct queue in any other."""


def check(history: History, contract: Contract) -> list[Violation]:
    """Run all monitors of `MONITORS` on a history.

    history: the operations of one run, as a driver or `read_history` returns them.
    contract: the declarations of the queue, as `Contract.of(adapter)` returns them.

    Returns at most five violations of each kind, the smallest witness first; an empty list if the
    history proves none. A monitor without material is silent: an empty list for a history without
    claims says nothing about claims.
    """
    return smallest(wrong for monitor in MONITORS for wrong in monitor(history, contract))


__all__ = [
    "FOR_SCENARIOS",
    "MONITORS",
    "Monitor",
    "abandoned",
    "aftermath",
    "answers",
    "bad_durations",
    "batch_order",
    "batches",
    "busy",
    "check",
    "converted_payload",
    "exclusive",
    "expiry",
    "explained",
    "fairness",
    "fencing",
    "footprint",
    "groups",
    "growth",
    "handed_out",
    "idempotency",
    "in_some_order",
    "key_conflict",
    "lease_kept",
    "memory",
    "no_deduplication",
    "no_false_empty",
    "no_loss",
    "no_phantom",
    "no_resurrection",
    "no_spurious_refusal",
    "order",
    "outdated",
    "poison",
    "purged",
    "ready_order",
    "redelivery",
    "repeated_attempt",
    "requeue",
    "retry",
    "routing",
    "schedule",
    "stats",
    "stuck_behind",
    "under_lock",
    "worker_death",
]
