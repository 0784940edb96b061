"""The code that a gate is about: what is reviewed, without its tests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

import pytest

from pytest_queuekit.review.run import files_in


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
        below = [real.relative_to(one) for one in self._places if real.is_relative_to(one)]
        if not below or (real.suffix != ".py" and real not in self._places):
            return False
        # What is named itself is meant, whatever folder it is in.
        among_tests = all({"test", "tests"} & {*one.parts[:-1]} for one in below)
        return not among_tests and not any(fnmatch(file.name, one) for one in self._tests)
