"""The lines of a report on streams that cannot hold every character."""

from __future__ import annotations

import pytest

from pytest_queuekit.report.lines import encodable


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("claim → empty", "claim -> empty"),
        ("and more …", "and more ..."),
        ("one – two — three", "one - two - three"),
        ("target ≥ 500", "target >= 500"),
        ("▶ 61 s", "> 61 s"),
        ("to \xfc", "to \\xfc"),
        ("plain", "plain"),
    ],
)
def test_ascii_terminals_get_ascii_punctuation(text: str, written: str) -> None:
    """Punctuation has a replacement; any other character becomes an escape."""
    assert encodable(text, "ascii") == written


def test_a_character_that_the_encoding_holds_is_kept() -> None:
    """Latin-1 has the umlaut but not the arrow."""
    assert encodable("ü → ü", "latin-1") == "ü -> ü"
    assert encodable("ü → 日", "utf-8") == "ü → 日"
