"""Suggestions for a misspelt word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return at most three known words that resemble a word, the nearest first.

    Capitals make no difference.
    """
    folded = {name.casefold(): name for name in sorted(set(known))}
    return [folded[name] for name in difflib.get_close_matches(word.casefold(), folded, n=3)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence, such as "; did you mean 'quick'?"; empty if nothing is near."""
    near = nearest(word, known)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
