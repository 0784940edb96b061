"""How much of some files was run, by what coverage.py has measured."""

from __future__ import annotations

import io
import os
import sqlite3
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_queuekit.gate.evidence import Covered
from pytest_queuekit.watch.files import reading

if TYPE_CHECKING:
    from coverage import Coverage


def stored(file: Path) -> Coverage | str:
    """Return what a data file of coverage.py holds, or why it cannot be read."""
    try:
        from coverage import Coverage
        from coverage.exceptions import CoverageException
    except ImportError:
        return "coverage.py is not installed: pip install pytest-cov"
    if not _is_data(file):
        return f"{file} is no data file of coverage.py, such as .coverage"
    try:
        found = Coverage(data_file=str(file))
        found.load()
    except (CoverageException, ImportError) as error:
        return f"coverage.py says: {error}"
    return found


def _is_data(file: Path) -> bool:
    """Whether it is one: coverage.py makes one of any other database that it is given."""
    try:
        with reading(str(file)) as conn:
            return conn.execute("SELECT version FROM coverage_schema").fetchone() is not None
    except sqlite3.Error:
        return False


def covered(measured: Coverage, files: Sequence[Path] | None) -> Covered:
    """Return how much was run of some files, or of all that was measured.

    A file that nobody imported counts with all its lines, as long as another was measured.
    """
    from coverage.exceptions import CoverageException

    known = set(map(os.path.realpath, measured.get_data().measured_files()))
    unreadable = "; ".join(_unreadable(sorted(known) if files is None else files))
    if unreadable:
        return Covered(unknown=unreadable)
    if files is not None and not known & set(map(os.path.realpath, files)):
        return Covered(unknown="coverage was measured, but not of this code: name it with --cov")
    try:
        percent = measured.report(
            morfs=None if files is None else [str(one) for one in files],
            omit=[],  # what the team's code is, is said elsewhere
            include=[],
            file=io.StringIO(),
            show_missing=False,
        )
    except CoverageException as error:
        return Covered(unknown=f"coverage.py says: {error}".rstrip("."))
    return Covered(percent=percent, files=0 if files is None else len(files))


def _unreadable(files: Iterable[Path | str]) -> Iterator[str]:
    """Yield what is wrong with files that are no text, for which coverage.py has no words."""
    for one in files:
        try:
            with tokenize.open(one) as text:
                text.read()
        except (SyntaxError, ValueError) as error:
            yield f"{one} cannot be read: {error}"
        except OSError:
            continue  # coverage.py tells
