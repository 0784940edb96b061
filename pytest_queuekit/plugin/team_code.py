"""The code that a gate is about: what is reviewed, without its tests."""

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
    """The Python files in some places, but for those that are tests by their name or folder.

    places: files and folders.
    """

    def __init__(self, config: pytest.Config, places: Sequence[Path]) -> None:
        self._places = [Path(os.path.realpath(one)) for one in places]
        self._named = places
        self._tests = [*config.getini("python_files"), "conftest.py"]

    @cached_property
    def files(self) -> list[Path]:
        """All of them, by paths as they were named."""
        return [one for one in files_in(self._named, []) if self.has(one)]

    def has(self, file: Path) -> bool:
        """Whether a file is one of them, or was, as long as it was there."""
        real = Path(os.path.realpath(file))
        places = [one for one in self._places if real.is_relative_to(one)]
        if not places or (real.suffix != ".py" and real not in self._places):
            return False
        # What is named itself is meant, whatever folder it is in.
        if not any(_leads_to(real, one) for one in places):
            return False
        return not any(_matches(real, one) for one in self._tests)


def _leads_to(file: Path, place: Path) -> bool:
    """Whether a file is reached from a place without a folder of tests, or of others' code."""
    between = [one for one in file.parents if one != place and one.is_relative_to(place)]
    return not any(one.name in TEST_FOLDERS or is_left_out(one) for one in between)


def _matches(file: Path, pattern: str) -> bool:
    """Whether a pattern of python_files matches; one with a slash is about the path."""
    return fnmatch(str(file), f"*/{pattern}") if "/" in pattern else fnmatch(file.name, pattern)
