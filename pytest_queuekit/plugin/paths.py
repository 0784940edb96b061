"""Paths that options and ini keys give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_queuekit.suggest import did_you_mean


def ini_folder(config: pytest.Config) -> Path:
    """Return the folder of the ini file, from which paths in it start."""
    return config.inipath.parent if config.inipath else config.rootpath


def not_there(path: Path) -> str:
    """Return that a path does not exist, with a suggestion; empty if it exists."""
    if path.exists():
        return ""
    siblings = [sibling.name for sibling in path.parent.glob("*")] if path.parent.is_dir() else []
    return f"does not exist{did_you_mean(path.name, siblings)}"


def looked_at(given: str, folder: Path, source: str, problem_of: Callable[[Path], str]) -> Path:
    """Return the given path. Raises pytest.UsageError with the problem if there is one."""
    if not given:
        raise pytest.UsageError(f"{source}='' is empty: give a path")
    try:
        path = folder / Path(given).expanduser()
        problem = problem_of(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: ~NAME of no user
        cause = error.strerror if isinstance(error, OSError) else error
        raise pytest.UsageError(f"{source}={given!r} cannot be read: {cause}") from error
    if problem:
        raise pytest.UsageError(f"{source}={str(path)!r} {problem}")
    return path
