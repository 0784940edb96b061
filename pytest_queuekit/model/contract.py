"""The declarations of one adapter class, as plain data."""

from __future__ import annotations

import enum
import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter import Limitation, QueueAdapter
from pytest_queuekit.model.adapter_form import (
    check_call,
    check_choice,
    check_errors,
    check_limitation,
    check_seconds,
)
from pytest_queuekit.model.capabilities import (
    Capability,
    Durability,
    Guarantee,
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Payload,
    Retry,
    Sharing,
)
from pytest_queuekit.model.misspelt import check_effects, check_names
from pytest_queuekit.model.verbs import METHODS

_WATCHED = (Liveness.HEARTBEAT, Liveness.PROCESS)
_NOTICE = 10.0
"""Seconds within which such a queue notices a death, unless it declares another time."""
_UNNOTICED = 2.0
"""Seconds after which a queue without liveness certainly does not deliver the task any more."""

_PAYLOADS = {
    Payload.JSON: Capability.JSON_PAYLOAD,
    Payload.TEXT: Capability.TEXT_PAYLOAD,
    Payload.BYTES: Capability.BYTES_PAYLOAD,
    Payload.OBJECT: Capability.OBJECT_PAYLOAD,
    Payload.INTEGER: Capability.INTEGER_PAYLOAD,
}


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The declarations of one adapter class, as plain data for rules, monitors and reports.

    The fields are those of `QueueAdapter`; `capabilities` follows from them and from the methods
    and options that the class defines.
    """

    name: str
    order: Order
    guarantee: Guarantee
    durability: Durability
    payload: Payload
    liveness: Liveness
    sharing: Sharing
    retry: Retry | None
    key_hold: KeyHold
    key_seconds: float | None
    key_conflict: KeyConflict | None
    group_limit: int
    requeue_attempts: int | None
    lease_seconds: float | None
    notice_seconds: float | None
    survives_fork: bool
    ends_once: bool
    resolution: float
    limitations: tuple[Limitation | str, ...]
    capabilities: frozenset[Capability]

    @classmethod
    def of(cls, adapter: type[QueueAdapter]) -> Contract:
        """Read the declarations of a class. Raises AdapterError for an invalid adapter."""
        _check_form(adapter)
        return cls(
            name=adapter.name,
            order=adapter.order,
            guarantee=adapter.guarantee,
            durability=adapter.durability,
            payload=adapter.payload,
            liveness=adapter.liveness,
            sharing=adapter.sharing,
            retry=adapter.retry,
            key_hold=adapter.key_hold,
            key_seconds=adapter.key_seconds,
            key_conflict=adapter.key_conflict,
            group_limit=adapter.group_limit,
            requeue_attempts=adapter.requeue_attempts,
            lease_seconds=adapter.lease_seconds,
            notice_seconds=adapter.notice_seconds,
            survives_fork=adapter.survives_fork,
            ends_once=adapter.ends_once,
            resolution=adapter.resolution,
            limitations=adapter.limitations,
            capabilities=frozenset(_capabilities(adapter)),
        )

    @property
    def notices_death(self) -> bool:
        """True if the queue notices a dead worker, by its heartbeat or its process."""
        return Capability.NOTICES_DEATH in self.capabilities

    @property
    def notice(self) -> float:
        """Seconds within which the queue notices a dead worker, if it has no leases."""
        if self.liveness is Liveness.NONE:
            return _UNNOTICED
        return _NOTICE if self.notice_seconds is None else self.notice_seconds

    @property
    def leases_by_task(self) -> bool:
        """True if a lease has a known length only where the enqueue of its task gave one."""
        by_claim = Capability.LEASE_OPTION in self.capabilities or self.lease_seconds is not None
        return Capability.TASK_LEASE in self.capabilities and not by_claim

    @property
    def contradiction(self) -> str:
        """The two declarations that cannot both hold, in a clause; empty if there are none."""
        loses = self.liveness is Liveness.NONE and Capability.RECLAIM not in self.capabilities
        if self.guarantee is Guarantee.AT_MOST_ONCE or not loses:
            return ""
        return (
            "guarantee=AT_LEAST_ONCE contradicts liveness=NONE, with which a dead worker keeps its "
            "task"
        )

    @property
    def leases_batches(self) -> bool:
        """True if a batch claim has a lease of known length."""
        chosen = Capability.LEASE_OPTION in self.capabilities
        known = Capability.BATCH_LEASE if chosen else Capability.LEASE
        return {Capability.CLAIM_MANY, known} <= self.capabilities

    def lacks(self, needs: Sequence[Capability]) -> tuple[Capability, ...]:
        """Return the needed capabilities that the contract does not declare."""
        return tuple(need for need in needs if need not in self.capabilities)

    @property
    def waivers(self) -> Mapping[str, Limitation]:
        """The limitations that waive a rule, by the id of that rule."""
        return {
            limitation.rule: limitation
            for limitation in self.limitations
            if isinstance(limitation, Limitation)
        }


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "order": Order,
    "guarantee": Guarantee,
    "durability": Durability,
    "payload": Payload,
    "liveness": Liveness,
    "sharing": Sharing,
    "retry": (Retry, type(None)),
    "key_hold": KeyHold,
    "key_seconds": (int, float, type(None)),
    "key_conflict": (KeyConflict, type(None)),
    "group_limit": int,
    "requeue_attempts": (int, type(None)),
    "lease_seconds": (int, float, type(None)),
    "notice_seconds": (int, float, type(None)),
    "survives_fork": bool,
    "ends_once": bool,
    "full_batches": bool,
    "event_loop": str,
    "resolution": (int, float),
    "refuses": tuple,
    "busy": tuple,
    "limitations": tuple,
}


_EXAMPLES: Mapping[type, str] = {Order: 'Order(ties="fifo")', Retry: "Retry(max_attempts=3)"}


def _check_form(adapter: type[QueueAdapter]) -> None:
    where = f"{adapter.__module__}:{adapter.__qualname__}"
    if not adapter.name:
        raise AdapterError(f"{where} has no name: give the class a `name`")
    for attribute, kind in _KINDS.items():
        value = getattr(adapter, attribute)
        if not isinstance(value, kind):
            kinds = kind if isinstance(kind, tuple) else (kind,)
            wanted = " or ".join(map(_in_words, kinds))
            raise AdapterError(f"{where}: {attribute}={value!r} must be {wanted}")
    for attribute in ("group_limit", "requeue_attempts"):
        value = getattr(adapter, attribute)
        if value is not None and value < 1:
            raise AdapterError(f"{where}: {attribute}={value!r} must be at least 1")
    check_choice(f"{where}: event_loop", adapter.event_loop, ("asyncio", "uvloop", "trio"))
    check_seconds(f"{where}: resolution", adapter.resolution)
    for attribute in ("key_seconds", "lease_seconds", "notice_seconds"):
        _check_time(where, attribute, getattr(adapter, attribute))
    if adapter.key_hold is KeyHold.FOR_A_TIME and adapter.key_seconds is None:
        raise AdapterError(f"{where}: KeyHold.FOR_A_TIME needs key_seconds, such as 300")
    for method in METHODS.values():
        if method.required and not _defines(adapter, method.name):
            raise AdapterError(f"{where} must define {method.name}()")
    for attribute in ("refuses", "busy"):
        check_errors(where, attribute, getattr(adapter, attribute))
    _check_limitations(where, adapter.limitations)
    for method in METHODS.values():
        if _defines(adapter, method.name):
            function = inspect.getattr_static(adapter, method.name)
            check_call(where, method.name, method.takes, function)
    check_names(where, adapter)
    check_effects(where, adapter)


def _in_words(kind: type) -> str:
    """Return what to write for a declaration of a type, as far as there is one way."""
    if kind is type(None):
        return "None"
    if issubclass(kind, enum.Enum):
        return " or ".join(f"{kind.__name__}.{name}" for name in kind.__members__)
    example = _EXAMPLES.get(kind)
    return f"of type {kind.__name__}" + (f", as {example}" if example else "")


def _check_time(where: str, attribute: str, seconds: float | None) -> None:
    if isinstance(seconds, bool) or (seconds is not None and not 0 < seconds < math.inf):
        raise AdapterError(f"{where}: {attribute}={seconds!r} must be a number of seconds above 0")


def _check_limitations(where: str, limitations: tuple[object, ...]) -> None:
    waived: set[str] = set()
    for limitation in limitations:
        if isinstance(limitation, Limitation):
            check_limitation(where, vars(limitation))
            if limitation.rule in waived:
                raise AdapterError(f"{where}: limitations waive {limitation.rule} twice")
            waived.add(limitation.rule)
        elif not isinstance(limitation, str) or not limitation.strip():
            raise AdapterError(
                f"{where}: limitations has {limitation!r}: give a Limitation or a sentence"
            )


def _defines(adapter: type[QueueAdapter], method: str) -> bool:
    return getattr(adapter, method) is not getattr(QueueAdapter, method)


def _capabilities(adapter: type[QueueAdapter]) -> set[Capability]:
    enqueue = inspect.signature(adapter.enqueue).parameters
    claim = inspect.signature(adapter.claim).parameters
    claim_many = inspect.signature(adapter.claim_many).parameters
    fail = inspect.signature(adapter.fail).parameters
    batch = inspect.signature(adapter.enqueue_many).parameters
    retried = adapter.retry is not None and _defines(adapter, "fail")
    until_claim = adapter.key_hold is KeyHold.UNTIL_CLAIM
    has_leases = adapter.liveness is Liveness.LEASE
    by_option = has_leases and ("lease" in claim or "lease" in enqueue)
    leased = by_option or (has_leases and adapter.lease_seconds is not None)
    watched = adapter.liveness in _WATCHED
    own_limit = "max_attempts" in enqueue
    once = adapter.retry is not None and adapter.retry.max_attempts == 1
    deaths_count = adapter.retry is not None and adapter.retry.counts_deaths
    declared = {
        Capability.PRIORITY: adapter.order.priority is not None and "priority" in enqueue,
        Capability.FIFO: adapter.order.ties == "fifo",
        Capability.LIFO: adapter.order.ties == "lifo",
        Capability.DELAY: "delay" in enqueue,
        Capability.KEY: "key" in enqueue,
        Capability.KEY_UNTIL_CLAIM: "key" in enqueue and until_claim,
        Capability.KEY_WHILE_CLAIMED: "key" in enqueue and not until_claim,
        Capability.KEY_FOR_A_TIME: "key" in enqueue and adapter.key_hold is KeyHold.FOR_A_TIME,
        Capability.KEY_CONFLICT: "key" in enqueue and adapter.key_conflict is not None,
        Capability.BATCH_KEYS: "key" in enqueue and "keys" in batch,
        Capability.FULL_BATCHES: adapter.full_batches and _defines(adapter, "claim_many"),
        Capability.GROUP: "group" in enqueue,
        Capability.EXPIRES: "expires" in enqueue,
        Capability.REDELIVERY: adapter.order.redelivery is not None
        and (retried or _defines(adapter, "release")),
        Capability.LEASE: leased,
        Capability.LEASE_OPTION: has_leases and "lease" in claim,
        Capability.BATCH_LEASE: has_leases and "lease" in claim_many,
        Capability.TASK_LEASE: has_leases and "lease" in enqueue,
        Capability.RECOVERY: leased or watched,
        Capability.NOTICES_DEATH: watched,
        Capability.HEARTBEAT: adapter.liveness is Liveness.HEARTBEAT,
        Capability.FORKS: adapter.survives_fork,
        Capability.ROUTING: "capabilities" in enqueue and "capabilities" in claim,
        Capability.RETRY: retried,
        Capability.MAX_ATTEMPTS: own_limit,
        Capability.SINGLE_ATTEMPT: own_limit or once,
        Capability.SECOND_ATTEMPT: own_limit or not once,
        Capability.DEATHS_COUNT: deaths_count,
        Capability.FINAL_FAILURE: retried and "retry" in fail,
        Capability.AT_LEAST_ONCE: adapter.guarantee is Guarantee.AT_LEAST_ONCE,
        Capability.AT_MOST_ONCE: adapter.guarantee is Guarantee.AT_MOST_ONCE,
        Capability.DURABLE: adapter.durability is not Durability.NONE,
        Capability.THREADS: adapter.sharing is not Sharing.NONE,
        Capability.PROCESSES: adapter.sharing is Sharing.PROCESSES,
        _PAYLOADS[adapter.payload]: True,
        Capability.SIZED_PAYLOAD: adapter.payload is not Payload.INTEGER,
    }
    by_method = {
        method.capability
        for method in METHODS.values()
        if method.capability is not None and _defines(adapter, method.name)
    }
    return by_method | {capability for capability, held in declared.items() if held}
