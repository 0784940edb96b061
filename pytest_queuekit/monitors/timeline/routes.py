"""Which worker may get which task: both describe themselves by a dict of capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.history import Operation


def may_get(claim: Operation, enqueue: Operation) -> bool | None:
    """Tell whether a claim may be given a task; None where the design leaves it open.

    A task goes only to workers that have each of its keys, with its value or in a list. A claim
    that says nothing of itself may be one that takes everything, or one that can do nothing.
    """
    needs = _capabilities(enqueue)
    if not needs:
        return True
    offers = _capabilities(claim)
    if not offers:
        return None
    return all(key in offers and _meets(value, offers[key]) for key, value in needs.items())


def _capabilities(operation: Operation) -> Mapping[str, Any]:
    given = operation.arguments.get("capabilities")
    return given if isinstance(given, Mapping) else {}


def _meets(value: Any, offer: Any) -> bool:
    return bool(value == offer or (isinstance(offer, list | tuple) and value in offer))
