"""Check 4: the connection, and the file, have the settings that config.py promises."""

from __future__ import annotations

from collections.abc import Iterator

from .. import config
from .subject import STORED_IN_FILE, Subject

_NUMBERS: dict[str, dict[str, int]] = {
    "synchronous": {"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3},
    "temp_store": {"DEFAULT": 0, "FILE": 1, "MEMORY": 2},
    "foreign_keys": {"OFF": 0, "ON": 1},
}


def problems(subject: Subject) -> Iterator[str]:
    """Yield each PRAGMA that has another value than PRODUCTION_PRAGMAS."""
    found = subject.pragmas(config.PRODUCTION_PRAGMAS)
    for name, wanted in config.PRODUCTION_PRAGMAS.items():
        if not _agrees(name, found[name], wanted, in_memory=subject.place == ":memory:"):
            yield f"PRAGMA {name} is {found[name]!r}, not {wanted!r}: {_mend(name, subject.place)}"


def _agrees(name: str, found: object, wanted: str | int, *, in_memory: bool) -> bool:
    if name == "journal_mode" and in_memory:
        return found == "memory"
    number = _NUMBERS.get(name, {}).get(str(wanted).upper(), wanted)
    if name == "synchronous" and isinstance(found, int) and isinstance(number, int):
        return found >= number
    return str(found).lower() == str(number).lower()


def _mend(name: str, place: str) -> str:
    if name == "journal_mode":
        return f"{place} was made by other means; opening it with QueueDatabase switches it"
    if name in STORED_IN_FILE:
        return f"{place} was made with it; copy it with VACUUM INTO after PRAGMA {name}=…"
    return "open connections with QueueDatabase, and let config.apply_pragmas set all of them"
