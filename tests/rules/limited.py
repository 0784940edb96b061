"""Correct queues, each with the capabilities that one rule needs and no others.

The class for rule KEY-9 is `KEY_9` of this module, so that other processes can import it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Literal

from pytest_queuekit.adapters.reference import ReferenceQueue
from pytest_queuekit.model import verbs
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import (
    Capability,
    Durability,
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Retry,
    Sharing,
)
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id
from tests.queues.domains import Bytes, Integers, Objects, Texts
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue
from tests.queues.variants import FailsForGood, Stack
from tests.queues.watched import Listens, WatchesProcesses

METHODS = tuple(
    method.capability for method in verbs.METHODS.values() if method.capability is not None
)
"""The capabilities that a method declares."""
_MANY = 100
"""Attempts of a task in a queue that declares no end of them."""


def limited(
    needs: Iterable[Capability], *, lease: float = 60.0, base: type[QueueAdapter] | None = None
) -> type[QueueAdapter]:
    """Return a correct queue with only these capabilities.

    lease: seconds of a fixed lease. base: the queue with all of them; by default a simple one.
    """
    held = frozenset(needs)
    held |= {Capability.FAIL} if Capability.RETRY in held else set()
    held |= {Capability.RELEASE} if Capability.REDELIVERY in held else set()
    held |= {Capability.MAX_ATTEMPTS} if Capability.SINGLE_ATTEMPT in held else set()
    if Capability.KEY not in held:  # without keys, a declaration about them has no effect
        held -= {
            Capability.KEY_CONFLICT,
            Capability.KEY_UNTIL_CLAIM,
            Capability.KEY_FOR_A_TIME,
        }
    base = base or _base(held)
    members: dict[str, Any] = {
        "name": "limited",
        "durability": Durability.PROCESS_CRASH if Capability.DURABLE in held else Durability.NONE,
        "liveness": _liveness(held),
        "lease_seconds": lease if _liveness(held) is Liveness.LEASE else None,
        "order": _order(held),
        "retry": Retry(max_attempts=5, first=1, factor=2) if Capability.RETRY in held else None,
        "sharing": _sharing(held),
        "key_hold": _key_hold(held),
        "key_seconds": 20.0 if Capability.KEY_FOR_A_TIME in held else None,
        "key_conflict": KeyConflict.KEEP if Capability.KEY_CONFLICT in held else None,
    }
    for method in METHODS:
        if method not in held:
            members[method.value] = getattr(QueueAdapter, method.value)
    gives_up = bool(held & {Capability.RETRY, Capability.FAIL, Capability.DEAD_LETTERS})
    for name in ("enqueue", "enqueue_many", "claim", "claim_many", "fail"):
        if name in METHODS and name not in held:
            continue
        options = verbs.METHODS[name].options
        lacking = [option for option, need in options.items() if need not in held]
        members[name] = _without(base, name, lacking, lease=lease, gives_up=gives_up)
    return type("Limited", (base,), members)


def __getattr__(name: str) -> type[QueueAdapter]:
    rule = by_id(CATALOGUE).get(name.replace("_", "-"))
    if rule is None:
        raise AttributeError(name)
    # The simple queues look at every task, and so they do not keep the rules about cost.
    base = ReferenceQueue if rule.family == "GROWTH" else None
    # A walk lets time pass for longer than a second, even if leases are not declared.
    brief = rule.concurrent and rule.family != "WALK"
    made = limited(rule.needs, lease=1.0 if brief else 60.0, base=base)
    made.__module__, made.__qualname__ = __name__, name
    return made


def _base(held: frozenset[Capability]) -> type[QueueAdapter]:
    if Capability.NOTICES_DEATH in held:
        return Listens if Capability.HEARTBEAT in held else WatchesProcesses
    if held & {Capability.PROCESSES, Capability.DURABLE}:
        return SmallSqliteQueue
    if Capability.TEXT_PAYLOAD in held:
        return Texts
    if Capability.BYTES_PAYLOAD in held:
        return Bytes
    if Capability.OBJECT_PAYLOAD in held:
        return Objects
    if Capability.INTEGER_PAYLOAD in held:
        return Integers
    if Capability.FINAL_FAILURE in held:
        return FailsForGood
    return Stack if Capability.LIFO in held else MemoryQueue


def _liveness(held: frozenset[Capability]) -> Liveness:
    if Capability.NOTICES_DEATH in held:
        return Liveness.HEARTBEAT if Capability.HEARTBEAT in held else Liveness.PROCESS
    return Liveness.LEASE if held & {Capability.LEASE, Capability.RECOVERY} else Liveness.NONE


def _order(held: frozenset[Capability]) -> Order:
    priority: Literal["lower-first"] | None = None
    if Capability.PRIORITY in held:
        priority = "lower-first"
    if Capability.LIFO in held:
        return Order(priority=priority, ties="lifo")
    if Capability.REDELIVERY in held:
        return Order(priority=priority, ties="fifo", redelivery="original")
    return Order(priority=priority, ties="fifo" if Capability.FIFO in held else "none")


def _key_hold(held: frozenset[Capability]) -> KeyHold:
    if Capability.KEY_FOR_A_TIME in held:
        return KeyHold.FOR_A_TIME
    until_claim = Capability.KEY_UNTIL_CLAIM in held
    return KeyHold.UNTIL_CLAIM if until_claim else KeyHold.UNTIL_COMPLETION


def _sharing(held: frozenset[Capability]) -> Sharing:
    if Capability.PROCESSES in held:
        return Sharing.PROCESSES
    return Sharing.THREADS if Capability.THREADS in held else Sharing.NONE


def _without(
    base: type[QueueAdapter], name: str, lacking: list[str], *, lease: float, gives_up: bool
) -> Callable[..., Any]:
    """Return a method of a class without some of its options."""
    full = getattr(base, name)

    def method(self: QueueAdapter, *args: Any, **options: Any) -> Any:
        if name == "claim" and "lease" in lacking and not issubclass(base, Listens):
            options["lease"] = lease
        if name == "enqueue" and "max_attempts" in lacking and not gives_up:
            options["max_attempts"] = _MANY
        return full(self, *args, **options)

    signature = inspect.signature(full)
    kept = [option for option in signature.parameters.values() if option.name not in lacking]
    method.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]  # inspect reads it
    return method
