"""Failures that a project keeps: a verdict as the JSON of a run, its history as JSON Lines.

They lie in `.queuekit` in the root folder of the project, two files each: `ACK-6-1a2b3c.json` and
`ACK-6-1a2b3c.jsonl`. Several processes may write there at the same time. The oldest failures go
first.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkstemp

from pytest_queuekit.errors import ReportError
from pytest_queuekit.model.history import read_history, write_history
from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.model.verdict import RuleRun, Verdict
from pytest_queuekit.report import wire
from pytest_queuekit.report.fields import check_fields
from pytest_queuekit.report.formats.json import as_json, read_run

FOLDER = ".queuekit"
"""The name of the folder in the root folder of a project."""

MOST_BYTES = 50_000_000
"""The most bytes of all files together."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A failure that was kept.

    path: the file of its verdict. at: when it was written, in seconds since the epoch.
    """

    path: Path
    at: float

    @property
    def id(self) -> str:
        """The rule, and six digits that distinguish its failures: "ACK-6-1a2b3c"."""
        return self.path.stem

    @property
    def rule(self) -> str:
        """The rule that failed."""
        return self.id.rpartition("-")[0]

    @property
    def history(self) -> Path:
        """The file of its history."""
        return self.path.with_suffix(".jsonl")

    def read(self) -> tuple[RunResult, Verdict]:
        """Return the run, which has one verdict, and that verdict with its history.

        Raises ReportError if a file is missing or damaged.
        """
        result, verdict, run = self._read()
        try:
            history = read_history(self.history)
            check_fields(history)
        except ValueError as error:
            raise ReportError(f"{self.path}: {error}") from error
        return result, replace(verdict, detail=replace(run, history=history))

    def read_verdict(self) -> Verdict:
        """Return the verdict without its history. Raises ReportError for a damaged file."""
        return self._read()[1]

    def _read(self) -> tuple[RunResult, Verdict, RuleRun]:
        result = read_run(self.path)
        try:
            (verdict,) = result.verdicts
        except ValueError as error:
            raise ReportError(f"{self.path}: {error}") from error
        if not verdict.violations or not isinstance(verdict.detail, RuleRun):
            raise ReportError(f"{self.path}: the verdict is not about a broken rule")
        return result, verdict, verdict.detail


def named(verdict: Verdict, run: RuleRun) -> RuleRun:
    """Return the run of a failed verdict with the id under which it is kept."""
    digest = hashlib.sha256(json.dumps(wire.pack(verdict)).encode()).hexdigest()
    return replace(run, kept=f"{verdict.rule}-{digest[:6]}")


def keep(result: RunResult, run: RuleRun, folder: Path, *, most: int) -> None:
    """Write a result whose only verdict is a failure, and delete the oldest beyond the limits.

    run: the detail of that verdict, with its history.
    most: the most failures to keep. Raises OSError, or ValueError for a history over the limit.
    """
    if run.history is None:
        raise ValueError("the failure has no history")
    folder.mkdir(mode=0o700, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        with _replacing(ignore) as draft:
            draft.write_text("*\n", encoding="utf-8")
    path = folder / f"{run.kept}.json"
    # The history first: a verdict that is listed has one.
    with _replacing(path.with_suffix(".jsonl")) as draft:
        write_history(run.history, draft)
        size = draft.stat().st_size
        if size > MOST_BYTES:
            raise ValueError(f"its history has {size:,} bytes, of at most {MOST_BYTES:,}")
    with _replacing(path) as draft:
        draft.write_text(as_json(result), encoding="utf-8")
    _delete_oldest(folder, most=most, newest=run.kept)


def kept_in(folder: Path) -> list[Kept]:
    """Return the failures that a folder keeps, the newest first."""
    found = []
    for path in folder.glob("*.json"):
        with suppress(OSError):  # a run has just deleted it, or it is no file
            found.append(Kept(path=path, at=path.stat().st_mtime))
    return sorted(found, key=lambda kept: (kept.at, kept.id), reverse=True)


def folder_from(start: Path) -> Path:
    """Return the folder of the project around a folder; the one it would have, if there is none."""
    around = (place / FOLDER for place in (start, *start.parents))
    return next((folder for folder in around if folder.is_dir()), start / FOLDER)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a private file, which replaces `path` if the block ends without an error."""
    handle, name = mkstemp(prefix=f"{path.name}.", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _delete_oldest(folder: Path, *, most: int, newest: str) -> None:
    """Delete what is beyond the limits, also what a run that was killed has left."""
    files: dict[str, list[Path]] = defaultdict(list)
    sizes: dict[str, int] = defaultdict(int)
    ages: dict[str, float] = defaultdict(float)
    for path in folder.glob("[!.]*"):
        failure = path.name.partition(".")[0]
        with suppress(FileNotFoundError):  # another process has just deleted it
            status = path.stat()
            files[failure].append(path)
            sizes[failure] += status.st_size
            ages[failure] = max(ages[failure], status.st_mtime)
    ordered = sorted(files, key=lambda failure: (failure == newest, ages[failure]), reverse=True)
    total = 0
    for count, failure in enumerate(ordered, start=1):
        total += sizes[failure]
        if failure != newest and (count > most or total > MOST_BYTES):
            for path in files[failure]:
                path.unlink(missing_ok=True)
