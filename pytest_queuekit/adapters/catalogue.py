"""The built-in adapters by name. An adapter is imported only when it is loaded."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.adapter import QueueAdapter


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """A built-in adapter.

    name: the name that a user gives; also the `name` of the adapter class.
    target: where the class is, as module:Class.
    extra: the extra of pytest-queuekit that installs the library; None if none is needed.
    sentence: the queue in one line, for lists.
    server: the server that must run; None if none is needed.
    """

    name: str
    target: str
    extra: str | None = None
    sentence: str
    server: str | None = None

    def load(self) -> type[QueueAdapter]:
        """Import the adapter. Raises UsageError if its library is not installed."""
        module_name, _, class_name = self.target.partition(":")
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            if self.extra is None or str(error.name).startswith("pytest_queuekit"):
                raise
            raise UsageError(
                f"the library is not installed ({error}). "
                f"Run pip install 'pytest-queuekit[{self.extra}]'"
            ) from error
        adapter: type[QueueAdapter] = getattr(module, class_name)
        return adapter


DEFAULT = "reference"
"""The name of the queue that a run tests if the user gives none."""

_HOME = "pytest_queuekit.adapters"

_ENTRIES = (
    BuiltIn(
        name=DEFAULT,
        target=f"{_HOME}.reference:ReferenceQueue",
        sentence="the reference queue, by priority",
    ),
    BuiltIn(
        name="reference-fifo",
        target=f"{_HOME}.reference:ReferenceFifoQueue",
        sentence="the reference queue, oldest task first",
    ),
    BuiltIn(
        name="reference-lifo",
        target=f"{_HOME}.reference:ReferenceLifoQueue",
        sentence="the reference queue, newest task first",
    ),
    BuiltIn(
        name="reference-weighted",
        target=f"{_HOME}.reference:ReferenceWeightedQueue",
        sentence="the reference queue, at random by priority",
    ),
    BuiltIn(
        name="postgres",
        target=f"{_HOME}.postgres:PostgresQueue",
        extra="postgres",
        sentence="the reference queue on PostgreSQL, by priority",
        server="PostgreSQL",
    ),
    BuiltIn(
        name="redis-streams",
        target=f"{_HOME}.redis_streams:RedisStreamQueue",
        extra="redis",
        sentence="a Redis stream with one consumer group",
        server="Redis",
    ),
    BuiltIn(
        name="huey",
        target=f"{_HOME}.huey:HueyQueue",
        extra="huey",
        sentence="huey's SqliteHuey",
    ),
    BuiltIn(
        name="litequeue",
        target=f"{_HOME}.litequeue:LitequeueQueue",
        extra="litequeue",
        sentence="litequeue's LiteQueue",
    ),
    BuiltIn(
        name="persist-queue",
        target=f"{_HOME}.persist_queue:PersistQueue",
        extra="persist-queue",
        sentence="persist-queue's SQLiteAckQueue",
    ),
)

BUILT_IN: Mapping[str, BuiltIn] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""Every built-in adapter, by name."""
