"""Check 1: several processes can work with the settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import config
from ..messages import shown

Rule = tuple[Callable[[object], bool], str]
"""A function that accepts or rejects a value, and a description of the accepted values."""


def _any_of(*words: object) -> Callable[[object], bool]:
    return lambda value: str(value).upper() in words


def _whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _seconds(low: float, high: float) -> Callable[[object], bool]:
    return lambda value: type(value) in (int, float) and low <= value <= high  # type: ignore[operator] # a number by then


_PRAGMA_RULES: dict[str, Rule] = {
    "journal_mode": (_any_of("WAL"), "'WAL', or readers and writers block each other"),
    "synchronous": (
        _any_of("NORMAL", "FULL", "EXTRA"),
        "'NORMAL' or 'FULL', or a power cut can corrupt the file",
    ),
    "busy_timeout": (_whole(100, 60_000), "100 to 60000 ms, or workers fail at the first lock"),
    "foreign_keys": (_any_of("ON", "1", "TRUE", "YES"), "'ON', or task_logs keeps orphans"),
    "temp_store": (_any_of("MEMORY", "2", "DEFAULT", "0", "FILE", "1"), "'MEMORY' or 'FILE'"),
    "wal_autocheckpoint": (_whole(1, 100_000), "1 to 100000 pages, or the WAL grows without limit"),
    "cache_size": (lambda value: type(value) is int and value != 0, "a whole number other than 0"),
    "page_size": (
        _any_of(*(str(2**power) for power in range(9, 17))),
        "a power of two from 512 to 65536",
    ),
}


def problems() -> Iterator[str]:
    """Yield the unsound settings of config.py."""
    yield from _pragma_problems()
    yield from _number_problems()
    yield from _path_problems()


def _pragma_problems() -> Iterator[str]:
    for name, (accepts, wanted) in _PRAGMA_RULES.items():
        value = config.PRODUCTION_PRAGMAS.get(name)
        if not accepts(value):
            yield f"PRODUCTION_PRAGMAS[{name!r}] is {shown(value)} in config.py: use {wanted}"


def _number_problems() -> Iterator[str]:
    limit = config.WORKER_LIMIT
    rules: dict[str, Rule] = {
        "WORKER_LIMIT": (_whole(1, 8), "1 to 8; more workers only wait for the lock"),
        "MAX_CONCURRENT_WORKERS": (_whole(1, 8), f"1 to WORKER_LIMIT ({limit!r})"),
        "MAX_ATTEMPTS": (_whole(1, 1000), "1 to 1000"),
        "LEASE_SECONDS": (_seconds(1, config.MAX_LEASE_SECONDS), "1 to MAX_LEASE_SECONDS"),
        "BUSY_SECONDS": (_seconds(0.1, 60), "0.1 to 60"),
        "HEARTBEAT_SECONDS": (_seconds(1, 3600), "1 to 3600"),
        "STALE_AFTER_SECONDS": (
            _seconds(2 * config.HEARTBEAT_SECONDS, 86_400),
            "at least two heartbeats, or live workers count as gone",
        ),
        "DEFAULT_PRIORITY": (
            _whole(config.MIN_PRIORITY, config.MAX_PRIORITY),
            "MIN_PRIORITY to MAX_PRIORITY",
        ),
    }
    for name, (accepts, wanted) in rules.items():
        value = getattr(config, name)
        if not accepts(value):
            yield f"{name} is {shown(value)} in config.py: use {wanted}"


def _path_problems() -> Iterator[str]:
    # The check never opens the path: the file may hold real tasks.
    path = Path(config.get_default_db_path())
    if not path.is_absolute():
        yield f"get_default_db_path() is {str(path)!r}: make it independent of the current folder"
    elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir() raises without permission
        yield (
            f"get_default_db_path() is {str(path)!r}, which is a folder: "
            f"set {config.DB_PATH_VARIABLE} to the path of a file"
        )
