"""The declarations of a queue as text."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Order, Retry, declaration


def test_a_declaration_shows_the_fields_that_differ_from_their_defaults() -> None:
    """The text is the source that the author of an adapter wrote, or a shorter equivalent."""
    retry = Retry(max_attempts=3, first=10, factor=1.0)
    assert declaration(retry) == "Retry(max_attempts=3, first=10)"
    assert declaration(Order(priority="lower-first")) == "Order(priority='lower-first')"
    assert declaration(Order()) == "Order()"


def test_a_declaration_shows_named_fields_with_their_defaults() -> None:
    """A message names the field that it is about, even if the author left it out."""
    assert declaration(Order(priority="lower-first"), "ties") == "Order(ties='fifo')"
    assert declaration(Retry(max_attempts=3, first=10), "max_attempts") == "Retry(max_attempts=3)"
