"""Check 4: the connection and the file have the settings of config.py."""

from __future__ import annotations

from collections.abc import Iterator

from .. import config
from ..messages import shown
from .subject import STORED_IN_FILE, Subject

_NUMBERS: dict[str, dict[str, int]] = {
    "synchronous": {"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3},
    "temp_store": {"DEFAULT": 0, "FILE": 1, "MEMORY": 2},
    "foreign_keys": {"OFF": 0, "ON": 1},
}


def problems(subject: Subject) -> Iterator[str]:
    """Yield each PRAGMA that differs from PRODUCTION_PRAGMAS."""
    values = subject.pragmas(config.PRODUCTION_PRAGMAS)
    for name, wanted in config.PRODUCTION_PRAGMAS.items():
        value = values[name]
        if not _agrees(name, value, wanted, in_memory=subject.place == ":memory:"):
            yield (
                f"PRAGMA {name} is {shown(value)}, not {shown(wanted)}: {_fix(name, subject.place)}"
            )


def _agrees(name: str, value: object, wanted: str | int, *, in_memory: bool) -> bool:
    if name == "journal_mode" and in_memory:
        return value == "memory"
    number = _NUMBERS.get(name, {}).get(str(wanted).upper(), wanted)
    if name == "synchronous" and isinstance(value, int) and isinstance(number, int):
        return value >= number
    return str(value).lower() == str(number).lower()


def _fix(name: str, place: str) -> str:
    if name == "journal_mode":
        return f"{place} is not in WAL mode; open it with QueueDatabase to switch it"
    if name in STORED_IN_FILE:
        return f"{place} was made with this value; copy it with VACUUM INTO after PRAGMA {name}=…"
    return "open connections with QueueDatabase, and set every PRAGMA with config.apply_pragmas()"
