"""The queue under test: its adapter, what that declares, and how another process finds it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from pytest_queuekit.contract import Contract, QueueAdapter


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One queue under test.

    spec: the text from which `adapters.resolve` makes the same subject in another process.
    adapter: the class through which the kit reaches the queue.
    contract: what that class declares.
    version: of the installed library; empty where the adapter names no distribution, or none
        of that name is installed.
    """

    spec: str
    adapter: type[QueueAdapter]
    contract: Contract
    version: str = ""

    @classmethod
    def of(cls, adapter: type[QueueAdapter], *, spec: str = "") -> Subject:
        """Make a subject of a class at hand. Raises AdapterError for a class that has no form."""
        return cls(
            spec=spec or f"{adapter.__module__}:{adapter.__qualname__}",
            adapter=adapter,
            contract=Contract.of(adapter),
            version=_version(adapter.distribution),
        )


def _version(distribution: str | None) -> str:
    if distribution is None:
        return ""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
