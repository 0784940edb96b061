"""Reviews files and folders, in several processes if there are many files."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.verdict import (
    Finding,
    Findings,
    Place,
    Reason,
    Requirement,
    Status,
    Verdict,
)
from pytest_queuekit.review.catalogue import ABOUT_FILES, GROUPS
from pytest_queuekit.review.code import Code, Decided, Group
from pytest_queuekit.review.codes.about_files import UNREADABLE
from pytest_queuekit.review.examine import examine_file

_LEFT_OUT = frozenset(
    {"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env"}
)
"""Folders with third-party or generated code, besides names that begin with a dot."""

_MANY = 60
"""Number of files from which several processes pay off."""
_CHUNK = 16
"""Number of files that a process gets at a time."""

ReviewProgress = Callable[[int, int], None]
"""Receives the number of files done, and the number of all files."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """The result of a review.

    files: number of files reviewed.
    verdicts: one for each code of the catalogue, QR001 to QR004 first.
    """

    files: int
    verdicts: tuple[Verdict, ...]


def review(
    paths: Sequence[Path],
    *,
    processes: int = 1,
    progress: ReviewProgress = lambda _done, _all: None,
) -> Review:
    """Review files, and all Python files in folders. Raises UsageError for an invalid path.

    processes: number of processes that share many files. They are spawned, so a script that sets
    it needs `if __name__ == "__main__":` around its code.
    """
    unlisted: list[Finding] = []
    files = files_in(paths, unlisted)
    findings: dict[str, list[Finding]] = defaultdict(list)
    findings[UNREADABLE.id] += unlisted
    for number, in_file in enumerate(_examined(files, processes), start=1):
        for finding in in_file:
            findings[finding.kind].append(finding)
        progress(number, len(files))
    label = ", ".join(str(path) for path in paths)
    return Review(files=len(files), verdicts=tuple(_verdicts(findings, label)))


def files_in(paths: Sequence[Path], unlisted: list[Finding]) -> list[Path]:
    """Return files, and all Python files in folders, each once. Raises UsageError like `review`.

    unlisted: receives a finding for each folder that cannot be listed.
    """
    files: dict[str, Path] = {}
    for file in (file for path in paths for file in _files(path, unlisted)):
        files.setdefault(os.path.realpath(file), file)
    return list(files.values())


def cores() -> int:
    """Return the number of processes that this machine can use, at most 8."""
    return min(os.cpu_count() or 1, 8)


def _files(path: Path, unlisted: list[Finding]) -> Iterator[Path]:
    """Yield a file, or the Python files in a folder."""

    def refused(error: OSError) -> None:
        place = Place(path=_shown(Path(error.filename)), line=1, column=1, end_line=1, end_column=2)
        detail = f"cannot be listed: {error.strerror}"
        unlisted.append(
            Finding(kind=UNREADABLE.id, title=UNREADABLE.title, detail=detail, place=place)
        )

    if not _exists(path):
        raise UsageError(f"path={str(path)!r} does not exist: give a file or a folder to review")
    if path.is_dir():
        for folder, folders, names in os.walk(path, onerror=refused):
            folders[:] = sorted(name for name in folders if not is_left_out(Path(folder) / name))
            files = (Path(folder) / name for name in sorted(names) if name.endswith(".py"))
            # No pipes, which never end, and no dangling links, which editors use as locks.
            yield from (file for file in files if file.is_file())
    elif path.is_file():
        yield path
    else:
        raise UsageError(f"path={str(path)!r} is neither a file nor a folder: give one to review")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # the name is too long, or its links form a circle


def _shown(path: Path) -> str:
    """Return a path in a form that every report can write, with escapes for invalid UTF-8."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def is_left_out(folder: Path) -> bool:
    """Return True if a folder holds third-party or generated code."""
    return is_left_out_by_name(folder.name) or (folder / "pyvenv.cfg").exists()


def is_left_out_by_name(name: str) -> bool:
    """Return True if a folder's name alone shows that it holds such code."""
    return name.startswith(".") or name in _LEFT_OUT


def _examined(files: Sequence[Path], processes: int) -> Iterator[list[Finding]]:
    if len(files) < _MANY or processes < 2:
        yield from map(_examine, files)
        return
    # Spawned, not forked: the calling process may have threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_examine, files, chunksize=_CHUNK)


def _examine(file: Path) -> list[Finding]:
    return examine_file(file, _shown(file))


def _verdicts(findings: Mapping[str, list[Finding]], label: str) -> Iterator[Verdict]:
    make = partial(Verdict, suite="review", requirement=Requirement.MUST, queue=label)
    for group in (Group(name="Files", codes=tuple(ABOUT_FILES.values())), *GROUPS):
        for code in group.codes:
            broken = tuple(findings.get(code.id, ()))
            yield make(
                rule=code.id,
                family=group.name,
                sentence=code.sentence,
                status=_status(code, broken),
                reason=None
                if code.decided is Decided.TEXT
                else Reason(kind="elsewhere", text=f"decided {code.decided}: {code.how}"),
                detail=Findings(findings=broken),
            )


def _status(code: Code, findings: Sequence[Finding]) -> Status:
    if code.decided is not Decided.TEXT:
        return Status.NOT_RUN
    return Status.FAIL if findings else Status.PASS
