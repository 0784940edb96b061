"""Adapters that installed packages publish, through the entry-point group `queuekit.adapters`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from pytest_queuekit.adapters.user_modules import one_line
from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.adapter import QueueAdapter

GROUP = "queuekit.adapters"
"""The group in which a package publishes its adapters."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """An adapter that an installed package publishes.

    name: the name that a user gives.
    target: where the class is, as module:Class.
    package: the distribution that publishes it, and its version: "parcels 1.2".
    entry: the entry point.
    """

    name: str
    target: str
    package: str
    entry: EntryPoint

    def load(self) -> type[QueueAdapter]:
        """Import the adapter. Raises UsageError with one line that names the package."""
        try:
            adapter = self.entry.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module may do anything when it is imported
            raise UsageError(
                f"{self.package} publishes {self.target}, which cannot be loaded "
                f"({one_line(error)}). Fix or uninstall that package"
            ) from error
        if isinstance(adapter, type) and issubclass(adapter, QueueAdapter):
            return adapter
        raise UsageError(
            f"{self.package} publishes {self.target}, which is not a class that derives from "
            "pytest_queuekit.QueueAdapter. Report that to its authors"
        )


def published() -> list[Published]:
    """Return the published adapters, sorted by name and package."""
    adapters = [
        Published(
            name=entry.name,
            target=entry.value,
            package=f"{entry.dist.name} {entry.dist.version}" if entry.dist else "a package",
            entry=entry,
        )
        for entry in entry_points(group=GROUP)
    ]
    return sorted(adapters, key=lambda adapter: (adapter.name, adapter.package))


def published_as(name: str) -> Published | None:
    """Return the adapter with a name, or None. Raises UsageError if two packages have one."""
    adapters = [adapter for adapter in published() if adapter.name == name]
    if len(adapters) > 1:
        choices = ", ".join(f"{adapter.target} ({adapter.package})" for adapter in adapters)
        raise UsageError(f"several packages publish this name. Give the class: {choices}")
    return adapters[0] if adapters else None
