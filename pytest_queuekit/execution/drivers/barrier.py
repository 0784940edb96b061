"""Where processes that did not start each other meet: a folder that all of them can see.

Every decision is a file that exactly one of them can make, with its content in it from the
first moment on: nobody sees half a decision, and a time-out for one is a time-out for all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from pytest_queuekit.errors import NotRunError

_LOOK = 0.003
"""Seconds between two looks into the folder."""
_OFF = "off "

HERE = "lane"
"""The place to which every party comes first."""


class Barrier:
    """One party's side of a meeting.

    folder: the same for all parties of one meeting, and of no other.
    party: which of them this is, from 1.
    parties: how many there are.
    patience: seconds to wait for the others.
    """

    def __init__(self, folder: Path, *, party: int, parties: int, patience: float) -> None:
        self._folder = folder
        self._party = party
        self._parties = parties
        self._patience = patience
        folder.mkdir(parents=True, exist_ok=True)
        self.arrive(HERE)

    def arrive(self, place: str) -> None:
        """Say that this party has come to a place. Raises NotRunError if it has been there."""
        if not self.decide(f"{place}-{self._party}", ""):
            raise NotRunError(
                f"lane {self._party} has been here before: each run needs a folder of its own, not "
                f"folder={str(self._folder)!r} again"
            )

    def missing(self, place: str) -> list[int]:
        """Return the parties that have not come to a place."""
        parties = range(1, self._parties + 1)
        return [one for one in parties if not (self._folder / f"{place}-{one}").exists()]

    def meet(self, place: str, word: Callable[[], str]) -> str:
        """Come to a place, wait until all have, and return the word of the one who saw it first.

        Raises NotRunError where they do not meet in time: then it is said to all of them.
        """
        self.arrive(place)
        return self.agree(place, lambda: None if self.missing(place) else word())

    def agree(self, decision: str, word: Callable[[], str | None] = lambda: None) -> str:
        """Wait for a decision and return it; make it oneself as soon as there is a word for it.

        Raises NotRunError where none is made in time, and where it was called off.
        """
        deadline = time.monotonic() + self._patience
        while not (self._folder / decision).exists():
            said = word()
            if said is not None:
                self.decide(decision, said)
            elif time.monotonic() > deadline:
                self.call_off(decision, self._who_is_late())
            else:
                time.sleep(_LOOK)
        text = (self._folder / decision).read_text(encoding="utf-8")
        if text.startswith(_OFF):
            raise NotRunError(text.removeprefix(_OFF))
        return text

    def call_off(self, decision: str, reason: str) -> None:
        """Decide, unless it is decided already, that there is nothing to wait for."""
        self.decide(decision, _OFF + reason)

    def decide(self, decision: str, text: str) -> bool:
        """Decide, and return whether this party was the first to do so."""
        draft = self._folder / f".{decision}-by-{self._party}"
        draft.write_text(text, encoding="utf-8")
        try:
            os.link(draft, self._folder / decision)  # with all its content, or not at all
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def _who_is_late(self) -> str:
        away = ", ".join(map(str, self.missing(HERE)))
        late = f"lane {away} did not come" if away else "not all were ready"
        return (
            f"the {self._parties} lanes did not meet within {self._patience:g} s, {late}: they run "
            f"at the same time in {self._parties} processes, so give -n {self._parties} or more"
        )
