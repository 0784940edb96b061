"""The declaration that a violation breaks: what the adapter declares, and what the calls asked for.

Each kind of violation is judged by certain fields of the contract and certain options of calls.
`JUDGED_BY` names them, and this module puts them into words: `lease_seconds=60`,
`enqueue(delay=10)`, `retry=Retry(max_attempts=3, first=10): 10 s after failure 1`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from pytest_queuekit.model.capabilities import (
    Durability,
    Guarantee,
    Liveness,
    Order,
    Retry,
    declaration,
)
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, History, Verb
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import waits


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A violation, the history that proves it, and the contract that it breaks."""

    violation: Violation
    history: History
    contract: Contract


_Words = Callable[[_Case], Iterator[str]]
"""Puts one declaration into words; yields nothing where there is none."""


def broken(violation: Violation, history: History, contract: Contract) -> tuple[str, ...]:
    """Return the declarations that a violation breaks; empty if every queue must keep to it."""
    case = _Case(violation=violation, history=history, contract=contract)
    words = (text for each in JUDGED_BY.get(violation.kind, ()) for text in each(case))
    return tuple(dict.fromkeys(words))


def in_words(contract: Contract, name: str, *parts: str) -> str:
    """Return a field of a contract as an adapter declares it: "liveness=LEASE".

    parts: the fields of an `Order` or `Retry` to show; by default those that are not the default.
    """
    value = getattr(contract, name)
    if isinstance(value, Order | Retry):
        return f"{name}={declaration(value, *parts)}"
    if isinstance(value, float):
        return f"{name}={value:g}"
    return f"{name}={value.name if isinstance(value, enum.Enum) else repr(value)}"


def _field(case: _Case, *, name: str, parts: tuple[str, ...] = ()) -> Iterator[str]:
    if getattr(case.contract, name):
        yield in_words(case.contract, name, *parts)


def _durability(case: _Case) -> Iterator[str]:
    """Yield what accepted tasks survive; a queue that promises nothing breaks nothing."""
    if case.contract.durability is not Durability.NONE:
        yield in_words(case.contract, "durability")


def _order(case: _Case, *, parts: tuple[str, ...]) -> Iterator[str]:
    spread = ("resolution",) if case.contract.order.resolution else ()
    yield in_words(case.contract, "order", *parts, *spread)


def _option(case: _Case, *, name: str) -> Iterator[str]:
    """Yield the first call of the proof that asked for an option: "enqueue(delay=10)"."""
    for call in case.violation.witness:
        options = METHODS[call.method].options if call.method in METHODS else {}
        if name in options and call.arguments.get(name) is not None:
            yield f"{call.method}({name}={call.arguments[name]!r:.40})"
            return


def _own_lease(case: _Case) -> Iterator[str]:
    """Yield the lease that the task of a proof brought from its enqueue."""
    tasks = {call.task for call in case.violation.witness if call.task is not None}
    for call in case.history.by(Verb.ENQUEUE):
        if call.task in tasks and call.arguments.get("lease") is not None:
            yield f"enqueue(lease={call.arguments['lease']!r:.40})"
            return


def _holding(case: _Case) -> Iterator[str]:
    """Yield what lets a worker keep its task, and for how long."""
    contract = case.contract
    if contract.guarantee is Guarantee.AT_MOST_ONCE:
        yield in_words(contract, "guarantee")
        return
    yield in_words(contract, "liveness")
    asked = list(_own_lease(case)) or list(_option(case, name="lease"))
    if contract.liveness is Liveness.LEASE and not asked and contract.lease_seconds is not None:
        yield in_words(contract, "lease_seconds")
    yield from asked
    if contract.notices_death:
        yield notice(contract)


def notice(contract: Contract) -> str:
    """Return the time within which a queue notices a dead worker: "notice_seconds=10 (default)"."""
    default = "" if contract.notice_seconds else " (default)"
    return f"notice_seconds={contract.notice:g}{default}"


def _wait(case: _Case) -> Iterator[str]:
    """Yield the policy of retries, with the wait after the last failure before the proof ends."""
    calls = case.violation.witness
    if case.contract.retry is None:
        return
    last = calls[-1]
    task = next((call.task for call in reversed(calls) if call.task is not None), None)
    count = sum(
        call.ok and call.verb is Verb.FAIL and call.task == task and call.number <= last.number
        for call in case.history
    )
    policy = in_words(case.contract, "retry")
    if not count:
        yield policy
        return
    shortest, longest = (wait / SECOND for wait in waits(case.contract, count, count))
    span = f"{shortest:g}" if shortest == longest else f"{shortest:g} to {longest:g}"
    yield f"{policy}: {span} s after failure {count}"


def _limit(case: _Case) -> Iterator[str]:
    """Yield the limit of attempts: that of the task, or else that of the queue."""
    asked = list(_option(case, name="max_attempts"))
    yield from asked or _field(case, name="retry", parts=("max_attempts",))


def _key_seconds(case: _Case) -> Iterator[str]:
    """Yield the time for which keys are held, where they are held for a time."""
    if case.contract.key_seconds is not None:
        yield in_words(case.contract, "key_seconds")


_KEY = (partial(_option, name="key"), partial(_field, name="key_hold"), _key_seconds)
_CONFLICT = (partial(_field, name="key_conflict"),)
_LAST_TRY = (_limit,)
_TIES = (partial(_order, parts=("ties",)),)
_RANGE = (partial(_field, name="payload"),)
_KEPT = (partial(_field, name="guarantee"), _durability)

JUDGED_BY: Mapping[str, tuple[_Words, ...]] = {
    "abandoned": (_holding,),
    "attempt-repeated": _LAST_TRY,
    "changed": _RANGE,
    "converted": _RANGE,
    "counted-from-call": (partial(_option, name="delay"), _holding, _wait),
    "dead-again": _LAST_TRY,
    "dead-too-early": _LAST_TRY,
    "death-hidden": _LAST_TRY,
    "delivered-dead": _LAST_TRY,
    "double-delivery": (_holding,),
    "early": (partial(_option, name="delay"),),
    "early-retry": (_wait,),
    "fifo-order": _TIES,
    "group-overfull": (partial(_option, name="group"), partial(_field, name="group_limit")),
    "holder-refused": (_holding,),
    "key-let-through": _KEY,
    "key-not-freed": _KEY,
    "key-not-refused": _CONFLICT,
    "keyed-lost": _KEY,
    "lifo-order": _TIES,
    "lost": _KEPT,
    "lost-retry": (_wait,),
    "misplaced": (partial(_order, parts=("redelivery", "ties")),),
    "misrouted": (partial(_option, name="capabilities"),),
    "missing-dead-letter": _LAST_TRY,
    "never-given-up": _LAST_TRY,
    "not-reclaimed": (_holding,),
    "not-replaced": _CONFLICT,
    "out-of-turn": (partial(_order, parts=("priority", "ties")),),
    "outdated": (partial(_option, name="expires"),),
    "priority-order": (partial(_order, parts=("priority",)),),
    "released-lost": _KEPT,
    "requeue-attempts": (_limit, partial(_field, name="requeue_attempts")),
    "requeue-hastened": (partial(_option, name="delay"), _wait),
    "said-empty": (partial(_option, name="delay"), partial(_field, name="resolution")),
    "stale-gave-back": (_holding,),
    "stale-shut-out": (_holding,),
    "stale-swallowed": (_holding,),
    "turned-away": _RANGE,
    "unfinished-lost": (*_KEPT, _holding),
    "unsorted-batch": (partial(_order, parts=("priority", "ties")),),
}
"""What a violation of a kind is judged by. A promise of every queue has no row."""

EVERY_QUEUE = frozenset(
    {
        "busy",
        "busy-after-lock",
        "cancel-refused",
        "cancelled-again",
        "cannot-open",
        "claim-refused",
        "claims-fail",
        "completed-again",
        "files-grow",
        "immortal-lease",
        "instant-lease",
        "invented",
        "left-out",
        "left-broken",
        "left-locked",
        "linear-cost",
        "memory-grows",
        "merged",
        "no-answer",
        "no-order",
        "not-purged",
        "over-limit",
        "refused-but-kept",
        "requeue-lost",
        "requeue-refused",
        "requeue-revived",
        "starved",
        "stuck-behind",
        "swallowed",
        "unexpected-error",
        "worse-than-linear",
        "wrong-count",
    }
)
"""The kinds that break a promise of every queue with the methods in question."""
