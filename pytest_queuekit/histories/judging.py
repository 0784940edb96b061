"""Judges a recorded history, and says what could not be judged.

A rule knows its scenario; a recorded history may begin in the midst of things. Without `complete`
in its head, tasks may have been enqueued, keys taken and attempts used up before its first call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_queuekit.histories.reading import Recorded
from pytest_queuekit.model.capabilities import Guarantee, Liveness
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import UNRECOGNISED, History, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors import MONITORS, Monitor
from pytest_queuekit.monitors.answers import answers
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.handed_out import handed_out
from pytest_queuekit.monitors.timeline.findings import smallest

JUDGES: tuple[Monitor, ...] = tuple(
    monitor for monitor in MONITORS if monitor not in (answers, busy, handed_out)
)
"""The monitors of a recorded history. A client may die, fail or be turned away without any fault of
the queue, which the three others report."""

FROM_THE_START = frozenset(
    {
        "dead-too-early",
        "invented",
        "key-let-through",
        "key-not-freed",
        "key-not-refused",
        "keyed-lost",
        "not-purged",
        "not-replaced",
        "refused-but-kept",
        "requeue-attempts",
        "requeue-hastened",
        "requeue-lost",
        "requeue-refused",
        "requeue-revived",
        "wrong-count",
    }
)
"""The kinds of violation that a call before the first one may explain."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The violations of a recorded history, and what was not judged.

    history: the calls that were judged.
    unknown: calls of unknown outcome.
    left_out: tasks that are not judged, because the history knows too little of them.
    gaps: what was not judged, each with its reason.
    """

    history: History
    violations: Sequence[Violation]
    unknown: int
    left_out: int
    gaps: Sequence[str]


def judge(recorded: Recorded, contract: Contract, progress: Callable[[str], None]) -> Judgement:
    """Return the violations that a recorded history proves, the smallest of each kind first."""
    history, left_out = recorded.history, set[str]()
    if not recorded.head.complete:
        left_out = _half_known(recorded)
        history = _without(history, left_out)
    return Judgement(
        history=history,
        violations=violations(
            history, contract, complete=recorded.head.complete, progress=progress
        ),
        unknown=sum(call.outcome is Outcome.UNKNOWN for call in history),
        left_out=len(left_out),
        gaps=tuple(_gaps(recorded, contract)),
    )


def violations(
    history: History,
    contract: Contract,
    *,
    complete: bool,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Violation]:
    """Return what the judges find, without what earlier calls may explain if there were any."""
    found: list[Violation] = []
    for place, monitor in enumerate(JUDGES, start=1):
        progress(f"judging: {monitor.__name__}, {place} of {len(JUDGES)}")
        found += monitor(history, contract)
    return smallest(
        violation for violation in found if complete or violation.kind not in FROM_THE_START
    )


def _half_known(recorded: Recorded) -> set[str]:
    """Return the tasks with an unknown delivery, or with a key that an earlier task may hold."""
    tasks = set(recorded.linked.half_known)
    for call in recorded.history.by(Verb.ENQUEUE):
        if call.task is not None and call.arguments.get("key") is not None:
            tasks.add(call.task)
    return tasks


def _without(history: History, tasks: set[str]) -> History:
    """Return a history in which some tasks are unknown ones, which no monitor judges."""
    if not tasks:
        return history
    operations = tuple(
        replace(call, task=UNRECOGNISED) if call.task in tasks else call for call in history
    )
    return replace(history, operations=operations)


def _gaps(recorded: Recorded, contract: Contract) -> Iterator[str]:
    history, head = recorded.history, recorded.head
    if not head.drained:
        yield "lost tasks: the head lacks drained"
    if not head.complete:
        yield (
            "invented tasks, counts, keys, requeues and attempts before the first call: the head "
            "lacks complete"
        )
    if contract.order.ties == "none" and contract.order.priority is None:
        yield "order: the contract declares none"
    claims = [call for call in history.by(Verb.CLAIM) if call.is_delivery]
    if not any(isinstance(call.result, dict) and "payload" in call.result for call in claims):
        yield "payloads: no claim has one in its result"
    leased = contract.liveness is Liveness.LEASE and contract.guarantee is Guarantee.AT_LEAST_ONCE
    known = contract.lease_seconds is not None or head.lease is not None
    if leased and not known and not any("lease" in call.arguments for call in history):
        yield "the length of leases: neither the head, nor the contract, nor any claim has one"
