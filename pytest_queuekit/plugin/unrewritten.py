"""Finds the kit's modules before pytest does, which would rewrite the asserts that they lack.

pytest keeps rewritten modules apart from those that pip or another process has compiled. Where it
may not write bytecode, as in many containers, it would compile them anew in each run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

import pytest

_KIT = __name__.partition(".")[0]


class Unrewritten:
    """A finder of the kit's modules, as `sys.meta_path` takes it."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module of the kit; None for any other module."""
        return PathFinder.find_spec(name, path, target) if name.startswith(f"{_KIT}.") else None


def register(config: pytest.Config) -> None:
    """Let the run import the kit's modules as they are, until it ends."""
    sys.meta_path.insert(0, Unrewritten)
    config.add_cleanup(lambda: sys.meta_path.remove(Unrewritten))
