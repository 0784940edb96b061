"""The queue under test: its adapter, its declarations, and its name for other processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.contract import Contract


@dataclass(frozen=True, kw_only=True)
class QueueUnderTest:
    """One queue under test.

    spec: the text from which `adapters.resolve` makes the same subject in another process.
    adapter: the class through which the kit reaches the queue.
    contract: the declarations of that class.
    learned: what trials on the queue have shown, so that each trial runs once.
    """

    spec: str
    adapter: type[QueueAdapter]
    contract: Contract
    learned: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, adapter: type[QueueAdapter], *, spec: str = "") -> QueueUnderTest:
        """Make a queue under test of a class. Raises AdapterError for an invalid adapter."""
        return cls(
            spec=spec or f"{adapter.__module__}:{adapter.__qualname__}",
            adapter=adapter,
            contract=Contract.of(adapter),
        )

    @property
    def version(self) -> str:
        """The version of the installed library; empty if its distribution is not installed."""
        from importlib import metadata  # as slow as all the rest that an actor's process needs

        try:
            return metadata.version(self.adapter.distribution or "")
        except (metadata.PackageNotFoundError, ValueError):  # the latter for no name at all
            return ""
