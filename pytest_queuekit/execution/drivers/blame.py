"""Says whose program an error comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def naming(actor: str) -> Iterator[None]:
    """Add the actor's name to any error that passes."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in the program of actor {actor!r}")
        raise
