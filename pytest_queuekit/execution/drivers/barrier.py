"""A barrier for processes that did not start each other, in a folder that all of them can see.

Each decision is a file that exactly one process can create, complete with its content. No process
sees half a decision, and a time-out in one process is a time-out in all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from pytest_queuekit.errors import NotRunError

_LOOK = 0.003
"""Seconds between two checks of the folder."""
_OFF = "off "

HERE = "lane"
"""The first place at which every party arrives."""


class Barrier:
    """One party's side of a meeting.

    folder: the folder of this meeting, which no other meeting uses.
    party: the number of this party, from 1.
    parties: the number of parties.
    patience: seconds to wait for the other parties.
    """

    def __init__(self, folder: Path, *, party: int, parties: int, patience: float) -> None:
        self._folder = folder
        self._party = party
        self._parties = parties
        self._patience = patience
        folder.mkdir(parents=True, exist_ok=True)
        self.arrive(HERE)

    def arrive(self, place: str) -> None:
        """Announce that this party is at a place. Raises NotRunError if it was there before."""
        if not self.decide(f"{place}-{self._party}", ""):
            raise NotRunError(
                f"lane {self._party} has run in folder={str(self._folder)!r} before: give each run "
                "a folder of its own",
                kind="unsupported",
            )

    def missing(self, place: str) -> list[int]:
        """Return the parties that have not arrived at a place."""
        parties = range(1, self._parties + 1)
        return [party for party in parties if not (self._folder / f"{place}-{party}").exists()]

    def meet(self, place: str, word: Callable[[], str]) -> str:
        """Arrive at a place, wait for all parties, and return the word of the first to see them.

        Raises NotRunError, in every party, if they do not meet in time.
        """
        self.arrive(place)
        return self.agree(place, lambda: None if self.missing(place) else word())

    def agree(self, decision: str, word: Callable[[], str | None] = lambda: None) -> str:
        """Return a decision: wait for it, or make it as soon as `word` returns a text.

        Raises NotRunError if no party decides in time, or if a party called the decision off.
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
            raise NotRunError(text.removeprefix(_OFF), kind="inconclusive")
        return text

    def call_off(self, decision: str, reason: str) -> None:
        """Decide that the meeting does not take place, unless another decision was made."""
        self.decide(decision, _OFF + reason)

    def decide(self, decision: str, text: str) -> bool:
        """Make a decision. Return True if this party was the first."""
        draft = self._folder / f".{decision}-by-{self._party}"
        draft.write_text(text, encoding="utf-8")
        try:
            os.link(draft, self._folder / decision)  # complete with its content, or not at all
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
