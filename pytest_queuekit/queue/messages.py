"""Puts values into messages: on one line, of bounded length, whatever their repr() does."""

from __future__ import annotations

import reprlib

VALUE_LENGTH = 60
"""Most characters of a value in a message."""
PATH_LENGTH = 4096
"""Most characters of a path in a message; Linux opens no longer path."""
TEXT_LENGTH = 300
"""Most characters of another program's message inside a message."""


class _Short(reprlib.Repr):
    """Shortens a value before it formats it, so that a huge value costs no time."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 4 * VALUE_LENGTH
        self.maxlevel = 4

    def repr_bytes(self, value: bytes, level: int) -> str:
        return repr(value[:VALUE_LENGTH])

    repr_bytearray = repr_bytes


_SHORT = _Short()


def shown(value: object) -> str:
    """Return a short form of a value for a message."""
    try:
        text = _SHORT.repr(value)
    except Exception:  # noqa: BLE001 - a message about a value must not fail because of it
        # Among these: Python refuses to print an int with thousands of digits.
        text = f"<{kind_of(value)} without a short form>"
    return one_line(text, VALUE_LENGTH)


def shown_path(path: object) -> str:
    """Return a path for a message: in full, unless no system could open it anyway."""
    text = str(path)
    return one_line(repr(text[:PATH_LENGTH]), 2 * PATH_LENGTH)


def kind_of(value: object) -> str:
    """Return the name of a value's type, without the value."""
    return one_line(type(value).__name__, VALUE_LENGTH)


def one_line(text: str, length: int = TEXT_LENGTH) -> str:
    """Return a text of at most `length` printable characters."""
    cut = text if len(text) <= length else f"{text[: length - 3]}..."
    if cut.isprintable():
        return cut
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in cut)
