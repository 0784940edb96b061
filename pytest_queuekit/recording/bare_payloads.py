"""Recognises tasks whose payloads have no room for the kit's label, by their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_queuekit.model.history import UNRECOGNISED
from pytest_queuekit.model.payloads import canonical, label_of


class BarePayloads:
    """The payloads without a label that the actors of a run have enqueued."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._out: set[str] = set()

    def add(self, payload: Any, label: str) -> None:
        """Remember a payload by its value and type, from before its enqueue."""
        self._labels[canonical(payload)] = label
        self._out.add(label)

    def add_unlabelled(self, payloads: Sequence[Any], labels: Sequence[str]) -> None:
        """Remember those payloads of a batch that have no label inside."""
        for payload, label in zip(payloads, labels, strict=True):
            if label_of(payload) is None:
                self.add(payload, label)

    def decline(self, *labels: str) -> None:
        """Take note that the queue did not accept payloads."""
        self._out.difference_update(labels)

    def forget(self, label: str) -> None:
        """Take note that a task is over, so that its payload stands for it no longer."""
        self._labels = {text: each for text, each in self._labels.items() if each != label}
        self._out.discard(label)

    def label_of(self, payload: Any) -> str | None:
        """Return the label of a payload; None for an unknown one."""
        return self._labels.get(canonical(payload))

    def receive(self, payload: Any) -> str:
        """Return the label of a payload that was delivered.

        An unknown payload counts as the only one that was not yet received, changed, or else as the
        only one.
        """
        choices = (self._out, set(self._labels.values()))
        only = (label for labels in choices if len(labels) == 1 for label in labels)
        label = self.label_of(payload) or next(only, UNRECOGNISED)
        self._out.discard(label)
        return label
