"""Suggestions for a misspelt word."""

from __future__ import annotations

import pytest

from pytest_queuekit.suggest import did_you_mean


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("quik", "; did you mean 'quick'?"),
        ("QUICK", "; did you mean 'quick'?"),
        ("claim-10", "; did you mean 'CLAIM-1' or 'CLAIM'?"),
        ("zebra", ""),
        ("", ""),
    ],
)
def test_near_words_are_suggested(word: str, hint: str) -> None:
    """Suggestions keep their spelling, ignore capitals, and are absent if nothing is near."""
    assert did_you_mean(word, ["quick", "deep", "CLAIM-1", "CLAIM"]) == hint
