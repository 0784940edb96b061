"""What may have been meant by a word that means nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence, such as "; did you mean 'quick'?"; empty if nothing is near.

    Capitals make no difference. Three words are named at most.
    """
    folded = {one.casefold(): one for one in sorted(set(known))}
    near = difflib.get_close_matches(word.casefold(), folded, n=3)
    return f"; did you mean {' or '.join(repr(folded[one]) for one in near)}?" if near else ""
