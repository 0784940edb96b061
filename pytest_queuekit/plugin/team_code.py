"""The code that the gate judges: the reviewed files without their tests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

import pytest

from pytest_queuekit.gate.changes import TEST_FOLDERS
from pytest_queuekit.review.run import files_in, is_left_out


class TeamCode:
    """The Python files in some places that are not tests by their name or folder.

    places: files and folders.
    """

    def __init__(self, config: pytest.Config, places: Sequence[Path]) -> None:
        self._given = places
        self._places = [Path(os.path.realpath(place)) for place in places]
        self._test_patterns = [*config.getini("python_files"), "conftest.py"]

    @cached_property
    def files(self) -> list[Path]:
        """The files that exist, by the paths under which they were given."""
        return [file for file in files_in(self._given, []) if self.has(file)]

    def has(self, file: Path) -> bool:
        """Return True if a file is part of the code, or was before it was deleted."""
        real = Path(os.path.realpath(file))
        places = [place for place in self._places if real.is_relative_to(place)]
        if not places or (real.suffix != ".py" and real not in self._places):
            return False
        # A place that is given itself counts, even in a folder of tests.
        if not any(_leads_to(real, place) for place in places):
            return False
        return not any(_matches(real, pattern) for pattern in self._test_patterns)


def _leads_to(file: Path, place: Path) -> bool:
    """Return True if no folder between place and file holds tests or third-party code."""
    between = [
        folder for folder in file.parents if folder != place and folder.is_relative_to(place)
    ]
    return not any(folder.name in TEST_FOLDERS or is_left_out(folder) for folder in between)


def _matches(file: Path, pattern: str) -> bool:
    """Return True if a pattern of python_files matches; with a slash, it matches the path."""
    return fnmatch(str(file), f"*/{pattern}") if "/" in pattern else fnmatch(file.name, pattern)
