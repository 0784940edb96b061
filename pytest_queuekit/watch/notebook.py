"""Records findings while tests run, from any thread."""

from __future__ import annotations

import linecache
import os
import threading
from dataclasses import dataclass

from pytest_queuekit.model.verdict import Place
from pytest_queuekit.watch.finding import TITLES, WatchFinding

SourceLine = tuple[str, int]
"""A file and a line number, from 1."""


@dataclass
class _Entry:
    detail: str
    weight: float
    count: int = 0


class Notebook:
    """Findings that have not been collected, one entry for each kind, test and line.

    In a forked child it records nothing: another thread of the parent may have held the lock at the
    fork, and then it is never released.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()  # a finalizer may record while this thread holds it
        self._entries: dict[tuple[str, str, SourceLine | None], _Entry] = {}

    def note(
        self, kind: str, detail: str, *, test: str, line: SourceLine | None, weight: float = 0.0
    ) -> None:
        """Record a finding; an entry keeps the detail of the greatest weight."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            entry = self._entries.setdefault((kind, test, line), _Entry(detail, weight))
            entry.count += 1
            if weight > entry.weight:
                entry.detail, entry.weight = detail, weight

    def take(self) -> list[WatchFinding]:
        """Return the findings in the order they were recorded, and forget them."""
        if os.getpid() != self._pid:
            return []
        with self._lock:
            taken, self._entries = self._entries, {}
        return [
            WatchFinding(
                kind=kind,
                title=TITLES[kind],
                detail=entry.detail,
                place=place_of(line),
                test=test,
                count=entry.count,
            )
            for (kind, test, line), entry in taken.items()
        ]


def place_of(line: SourceLine | None) -> Place | None:
    """Return a source line as a place, with its text."""
    if line is None:
        return None
    path, number = line
    text = linecache.getline(path, number).rstrip("\n")
    return Place(
        path=path,
        line=number,
        column=len(text) - len(text.lstrip()) + 1,
        end_line=number,
        end_column=len(text) + 1,
        text=text,
    )
