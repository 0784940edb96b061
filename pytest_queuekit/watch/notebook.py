"""Where findings are written down while tests run, by whichever thread makes them."""

from __future__ import annotations

import linecache
import os
import threading
from dataclasses import dataclass

from pytest_queuekit.model.verdict import Place
from pytest_queuekit.watch.finding import Finding

Where = tuple[str, int]
"""A file and a line, from 1."""


@dataclass
class _Entry:
    sentence: str
    weight: float
    count: int = 0


class Notebook:
    """Findings that nobody has asked for yet, each kind once a line and test.

    In a forked child it keeps nothing: a lock that another thread of the parent held at the fork
    is never released there.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()  # a finalizer may come in while it is held
        self._entries: dict[tuple[str, str, Where | None], _Entry] = {}

    def note(
        self, kind: str, sentence: str, *, test: str, where: Where | None, weight: float = 0.0
    ) -> None:
        """Write one down; of several at one line the sentence of the greatest weight is kept."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            entry = self._entries.setdefault((kind, test, where), _Entry(sentence, weight))
            entry.count += 1
            if weight > entry.weight:
                entry.sentence, entry.weight = sentence, weight

    def take(self) -> list[Finding]:
        """Return what was written down, in the order of it, and forget it."""
        if os.getpid() != self._pid:
            return []
        with self._lock:
            taken, self._entries = self._entries, {}
        return [
            Finding(
                kind=kind,
                sentence=entry.sentence,
                place=place_of(where),
                test=test,
                count=entry.count,
            )
            for (kind, test, where), entry in taken.items()
        ]


def place_of(where: Where | None) -> Place | None:
    """Return a file and line as a place in a source file, with the text of the line."""
    if where is None:
        return None
    path, line = where
    text = linecache.getline(path, line).rstrip("\n")
    return Place(
        path=path,
        line=line,
        column=len(text) - len(text.lstrip()) + 1,
        end_line=line,
        end_column=len(text) + 1,
        text=text,
    )
