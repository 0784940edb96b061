"""Recognises the tasks of one actor whose payloads have no room for the kit's label."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.history import UNRECOGNISED
from pytest_queuekit.model.payloads import canonical


class BarePayloads:
    """The payloads without a label that an actor has enqueued and not yet received."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}

    def add(self, payload: Any, label: str) -> None:
        """Remember a payload by its value and type."""
        self._labels[canonical(payload)] = label

    def receive(self, payload: Any) -> str:
        """Return the label of a payload that was delivered.

        While only one payload is out, an unknown payload counts as that one, changed.
        """
        text = canonical(payload)
        if text not in self._labels and len(self._labels) == 1:
            (text,) = self._labels
        return self._labels.pop(text, UNRECOGNISED)
