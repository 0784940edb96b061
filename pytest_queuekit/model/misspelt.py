"""Finds misspelt names in an adapter, and declarations that have no effect.

The kit takes a class at its word: a method, an option or an attribute under another name than the
kit's declares nothing, and the rules about it would silently not apply.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import KeyHold, Liveness
from pytest_queuekit.model.verbs import METHODS, Method

_ALIKE = 0.8
"""The likeness above which a name of the class's own is taken for a misspelt one of the kit's."""
_ALIKE_OPTION = 0.65
"""The same for an option: an adapter has no reason for options that the kit never gives."""

_BY_CHANCE = frozenset({"queue"})
"""Names that are words of their own, although they resemble one of the kit's."""

_NAMES = frozenset(name for name in vars(QueueAdapter) if not name.startswith("_"))


def check_names(where: str, adapter: type[QueueAdapter]) -> None:
    """Raise AdapterError for a method, an option or an attribute that resembles one of the kit's.

    A name beside the one that it resembles is a name of the class's own.
    """
    known = [name for name in _NAMES if getattr(adapter, name) is getattr(QueueAdapter, name)]
    for name, value in _own(adapter):
        meant = _meant(name, known, _ALIKE)
        if (
            meant
            and name not in _NAMES | _BY_CHANCE
            and callable(value) == callable(getattr(adapter, meant))
        ):
            what = f"{name}()" if callable(value) else name
            raise AdapterError(
                f"{where} defines {what}, which the kit never uses; did you mean {meant!r}?"
            )
    for method in METHODS.values():
        if method.options:
            _check_options(where, adapter, method)


def _own(adapter: type[QueueAdapter]) -> Iterator[tuple[str, Any]]:
    """Return the public members that the class and its bases have beyond `QueueAdapter`."""
    for base in adapter.__mro__[: adapter.__mro__.index(QueueAdapter)]:
        for name, value in vars(base).items():
            if not name.startswith("_"):
                yield name, getattr(value, "__func__", value)


def _check_options(where: str, adapter: type[QueueAdapter], method: Method) -> None:
    taken = inspect.signature(getattr(adapter, method.name)).parameters.values()
    optional = {option.name for option in taken if option.default is not option.empty}
    missing = method.options.keys() - {option.name for option in taken}
    for name in sorted(optional - method.options.keys() - {*method.takes}):
        meant = _meant(name, missing, _ALIKE_OPTION)
        if meant:
            raise AdapterError(
                f"{where}.{method.name}() has the option {name}, which the kit never gives; did "
                f"you mean {meant!r}?"
            )


def _meant(name: str, known: Iterable[str], likeness: float) -> str:
    near = difflib.get_close_matches(name.casefold(), sorted(known), n=1, cutoff=likeness + 0.001)
    return near[0] if near else ""


def check_effects(where: str, adapter: type[QueueAdapter]) -> None:
    """Raise AdapterError for a declaration in the class's own body that has no effect.

    An inherited one may have lost its effect: a subclass can leave an option or a method out.
    """
    for attribute, lacks in _without_effect(adapter):
        if attribute in vars(adapter):
            value = getattr(adapter, attribute)
            raise AdapterError(f"{where}: {attribute}={value!r} has no effect without {lacks}")


def _without_effect(adapter: type[QueueAdapter]) -> Iterator[tuple[str, str]]:
    """Return the attributes without effect, each with what is missing."""
    options = inspect.signature(adapter.enqueue).parameters
    fails = adapter.fail is not QueueAdapter.fail
    if adapter.order.priority is not None and "priority" not in options:
        yield "order", "the option priority of enqueue()"
    if adapter.order.redelivery and not fails and adapter.release is QueueAdapter.release:
        yield "order", "release(), or fail() and retry"
    if "key" not in options:
        if adapter.key_hold is not KeyHold.UNTIL_COMPLETION:
            yield "key_hold", "the option key of enqueue()"
        if adapter.key_conflict is not None:
            yield "key_conflict", "the option key of enqueue()"
    if adapter.key_seconds is not None and adapter.key_hold is not KeyHold.FOR_A_TIME:
        yield "key_seconds", "key_hold=KeyHold.FOR_A_TIME"
    if not adapter.full_batches and adapter.claim_many is QueueAdapter.claim_many:
        yield "full_batches", "claim_many()"
    if "group" not in options and adapter.group_limit != 1:
        yield "group_limit", "the option group of enqueue()"
    if adapter.requeue_attempts is not None and adapter.requeue is QueueAdapter.requeue:
        yield "requeue_attempts", "requeue()"
    if adapter.liveness is not Liveness.LEASE and adapter.lease_seconds is not None:
        yield "lease_seconds", "liveness=Liveness.LEASE"
    watched = adapter.liveness in (Liveness.HEARTBEAT, Liveness.PROCESS)
    if adapter.notice_seconds is not None and not watched:
        yield "notice_seconds", "Liveness.HEARTBEAT or Liveness.PROCESS"
    methods = (getattr(adapter, name, None) for name in (*METHODS, "run_one"))
    if not any(map(inspect.iscoroutinefunction, methods)):
        yield "event_loop", "an async method"
    if adapter.retry is not None and not fails and adapter.liveness is Liveness.NONE:
        yield "retry", "fail(), or a liveness that notices dead workers"
