"""Turns an exception in one part of a report into an internal error; the other parts remain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_queuekit.watch.internal_errors import describe


@contextmanager
def guarded(errors: list[str], part: str) -> Iterator[None]:
    """Add an exception of the block to the internal errors of the run, with its place.

    part: what the block makes: "the scoreboard".
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is shown, and it fails the run
        errors.append(in_words(error, part))


def in_words(error: Exception, part: str) -> str:
    """Return an internal error as a sentence with its place."""
    return f"internal error in {part}: {describe(error)}; please report it"
