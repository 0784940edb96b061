"""Where the commands write: to the terminal, to a program, or to a file."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_queuekit.errors import UsageError
from pytest_queuekit.report.lines import encodable


def write_out(text: str) -> None:
    """Print text for people, with replacements for characters that the terminal lacks."""
    if sys.stdout:  # None if the caller closed it, who has the exit status
        sys.stdout.write(encodable(text, getattr(sys.stdout, "encoding", None) or "utf-8"))


def write_utf8(text: str) -> None:
    """Print text for programs, as UTF-8 in every locale."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is not None:
        buffer.write(_utf8(text))
    elif sys.stdout:
        sys.stdout.write(text)


def write_file(text: str, path: Path, option: str) -> None:
    """Write a text to the file that an option names. Raises UsageError if that fails."""
    try:
        path.write_bytes(_utf8(text))
    except OSError as error:
        raise UsageError(
            f"{option} {path}: cannot be written: {error.strerror or error}"
        ) from error


def _utf8(text: str) -> bytes:
    r"""Encode text; a lone surrogate becomes \udc80, which JSON reads back."""
    return text.encode("utf-8", "backslashreplace")
