"""Errors have a message even if none is given."""

from __future__ import annotations

from pytest_queuekit.errors import AdapterError, NotRunError


def test_the_default_message_is_one_line() -> None:
    """It is the first line of the docstring, whatever follows there."""
    assert str(AdapterError()).startswith("An adapter does not have the form")
    assert "\n" not in str(NotRunError())
    assert str(NotRunError("no clock")) == "no clock"
