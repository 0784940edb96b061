"""Routing: which worker may get which task. Both are described by a dict of capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.history import Operation

_NOTHING: Mapping[str, Any] = {}


def may_get(claim: Operation, enqueue: Operation) -> bool | None:
    """Return True if a claim may receive a task, None if the queue's design decides.

    A worker must have each key of the task, with the task's value or a list that contains it. A
    claim without capabilities may come from a worker that takes every task, or from a worker that
    takes only tasks without requirements.
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
    return given if given is not None and isinstance(given, Mapping) else _NOTHING


def _meets(value: Any, offer: Any) -> bool:
    return bool(value == offer or (isinstance(offer, list | tuple) and value in offer))
