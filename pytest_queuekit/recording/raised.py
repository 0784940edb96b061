"""An error that a queue raised, as text, and its place in the user's code."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

_KIT = Path(__file__).parents[1]
_LIBRARY = Path(sysconfig.get_path("stdlib"))


def describe_error(error: BaseException) -> str:
    """Return the type and the message of an error."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - the message itself raises
        return f"{type(error).__name__}, and str() of it fails"


def place_of(error: BaseException) -> str | None:
    """Return where the user's code raised an error: "shelf.py:31 in put".

    That is the innermost frame outside the kit and the standard library; None if there is none.
    It reads no file: those who count the steps of a call would count that.
    """
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        file = Path(frame.f_code.co_filename)
        if _is_theirs(file):
            return f"{_short(file)}:{line} in {frame.f_code.co_name}"
    return None


def _is_theirs(file: Path) -> bool:
    installed = "site-packages" in file.parts
    if not file.is_absolute() or file.is_relative_to(_KIT):
        return False  # a frozen module, or a frame of the kit
    return installed or not file.is_relative_to(_LIBRARY)


def _short(file: Path) -> Path:
    """Return a path as the user knows it: from the working directory, or the last two parts."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else Path(*file.parts[-2:])
