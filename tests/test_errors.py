"""Errors have a message even if none is given."""

from __future__ import annotations

import pytest

from pytest_queuekit.errors import AdapterError, NotRunError


def test_the_default_message_is_one_line() -> None:
    """It is the first line of the docstring, whatever follows there."""
    assert str(AdapterError()).startswith("An adapter does not have the form")
    assert "\n" not in str(NotRunError(kind="clock"))
    assert str(NotRunError("no clock", kind="clock")) == "no clock"


def test_a_check_is_not_run_for_a_reason_of_some_kind() -> None:
    """A report sorts the reasons by their kinds, so that none is left to a default."""
    with pytest.raises(TypeError, match="kind"):
        NotRunError("no clock")  # type: ignore[call-arg]  # what the test is about
