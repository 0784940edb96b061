"""The built-in adapters by name. Nothing is imported until a name is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A built-in adapter.

    name: what a user writes; also the `name` of the adapter class.
    target: where the class is, as module:Class.
    extra: the extra of pytest-queuekit that installs its library; None where none is needed.
    sentence: what it is, for a list.
    """

    name: str
    target: str
    extra: str | None = None
    sentence: str


DEFAULT = "reference"
"""The name of the queue that is tested where none is asked for."""

_HOME = "pytest_queuekit.adapters"

_ENTRIES = (
    Entry(
        name=DEFAULT,
        target=f"{_HOME}.reference:ReferenceQueue",
        sentence="the reference queue, by priority",
    ),
    Entry(
        name="reference-fifo",
        target=f"{_HOME}.reference:ReferenceFifoQueue",
        sentence="the reference queue, oldest task first",
    ),
    Entry(
        name="reference-lifo",
        target=f"{_HOME}.reference:ReferenceLifoQueue",
        sentence="the reference queue, newest task first",
    ),
    Entry(
        name="reference-weighted",
        target=f"{_HOME}.reference:ReferenceWeightedQueue",
        sentence="the reference queue, by lot",
    ),
    Entry(
        name="huey",
        target=f"{_HOME}.huey:HueyQueue",
        extra="huey",
        sentence="huey's SqliteHuey",
    ),
    Entry(
        name="litequeue",
        target=f"{_HOME}.litequeue:LitequeueQueue",
        extra="litequeue",
        sentence="litequeue's LiteQueue",
    ),
    Entry(
        name="persist-queue",
        target=f"{_HOME}.persist_queue:PersistQueue",
        extra="persist-queue",
        sentence="persist-queue's SQLiteAckQueue",
    ),
)

BUILT_IN: Mapping[str, Entry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""Every built-in adapter, by name."""
