"""Whether files still fit on a disk: a run on a full disk says nothing about a queue."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_CHUNK = 2**20
_CHUNKS = 8
"""Megabytes that must fit: more than the calls of a rule write at once, so that a call which found
too little room leaves less than that."""


def shortage(folder: Path) -> str:
    """Return why no further files fit into a folder, and what to do; empty if they fit."""
    trial = folder / "room-for-files"
    try:
        with trial.open("wb", buffering=0) as file:
            for _ in range(_CHUNKS):
                written = 0
                while written < _CHUNK:
                    written += file.write(bytes(_CHUNK - written))
    except OSError as error:
        return (
            f"{_CHUNKS} MB do not fit into {folder.parent} ({error.strerror}): make room there, or "
            "choose another folder with --basetemp"
        )
    finally:
        with suppress(OSError):
            trial.unlink()
    return ""
