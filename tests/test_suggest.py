"""What may have been meant."""

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
def test_what_is_near_is_named(word: str, hint: str) -> None:
    """As it is written where it is known, whatever the capitals; nothing where nothing is near."""
    assert did_you_mean(word, ["quick", "deep", "CLAIM-1", "CLAIM"]) == hint
