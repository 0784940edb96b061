"""Checks the words of a file that a person writes."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_queuekit.suggest import did_you_mean


def check_words(where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValueError for a word that is not among the known ones, with a suggestion."""
    words = list(map(str, known))
    for word in given:
        if word not in words:
            hint = did_you_mean(word, words) or f"; it knows {', '.join(words)}"
            raise ValueError(f"{where} has no {word!r}{hint}")
