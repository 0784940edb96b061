"""Reads from the data of coverage.py how much of some files ran."""

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
    """Return the measurement in a data file of coverage.py, or the reason why it is unreadable."""
    try:
        from coverage import Coverage
        from coverage.exceptions import CoverageException
    except ImportError:
        return "coverage.py is not installed: pip install pytest-cov"
    fault = _fault(file)
    if fault:
        return f"{file} is not a data file of coverage.py, such as .coverage: {fault}"
    try:
        measurement = Coverage(data_file=str(file))
        measurement.load()
    except (CoverageException, ImportError) as error:
        return f"coverage.py reports: {error}"
    return measurement


def _fault(file: Path) -> str:
    """Return why a file holds no measurement; empty if it does.

    coverage.py itself would add its tables to any other SQLite database.
    """
    try:
        with reading(str(file)) as conn:
            row = conn.execute("SELECT version FROM coverage_schema").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "" if row else "it has no version"


def covered(measurement: Coverage, files: Sequence[Path] | None) -> Covered:
    """Return how much of some files ran; None stands for all measured files.

    If at least one of the files was measured, the lines of any other count as not covered.
    """
    from coverage.exceptions import CoverageException

    measured = set(map(os.path.realpath, measurement.get_data().measured_files()))
    unreadable = "; ".join(_unreadable(sorted(measured) if files is None else files))
    if unreadable:
        return Covered(unknown=unreadable)
    if files is not None and not measured & set(map(os.path.realpath, files)):
        return Covered(
            unknown="coverage was measured, but not for the team's code; add --cov=PACKAGE"
        )
    try:
        percent = measurement.report(
            morfs=None if files is None else [str(file) for file in files],
            omit=[],  # the caller decides which files are the team's code
            include=[],
            file=io.StringIO(),
            show_missing=False,
        )
    except CoverageException as error:
        return Covered(unknown=f"coverage.py reports: {error}".rstrip("."))
    return Covered(percent=percent, files=0 if files is None else len(files))


def _unreadable(files: Iterable[Path | str]) -> Iterator[str]:
    """Yield a sentence for each file that is not text; coverage.py has no message for those."""
    for file in files:
        try:
            with tokenize.open(file) as text:
                text.read()
        except (SyntaxError, ValueError) as error:
            yield f"{file} cannot be read: {error}"
        except OSError:
            continue  # coverage.py reports it
