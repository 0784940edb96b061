"""Reviews files and folders, in several processes where there are many files."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.verdict import Place, Requirement, Status, Verdict, Violation
from pytest_queuekit.review.catalogue import ABOUT_FILES, GROUPS, UNREADABLE
from pytest_queuekit.review.code import Code, Decided
from pytest_queuekit.review.examine import examine_file

_LEFT_OUT = frozenset(
    {"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env"}
)
"""Folders that hold what others wrote, or what was made; so do those that begin with a dot."""

_MANY = 60
"""Files from which several processes are worth their start."""
_CHUNK = 16

Progress = Callable[[int, int], None]
"""Is told how many files are done, of how many."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """What was found.

    files: how many were reviewed.
    verdicts: one for each item of the checklist, and for what is said of files besides.
    """

    files: int
    verdicts: tuple[Verdict, ...]


def review(
    paths: Sequence[Path],
    *,
    processes: int = 1,
    progress: Progress = lambda _done, _all: None,
) -> Review:
    """Review files, and all Python files in folders. Raises UsageError for a path that is none.

    With `processes`, many files are shared between so many. They are spawned, so a script that
    asks for them needs `if __name__ == "__main__":` around what it does.
    """
    closed: list[Violation] = []
    files = files_in(paths, closed)
    found: dict[str, list[Violation]] = defaultdict(list)
    found[UNREADABLE] += closed
    for number, told in enumerate(_examined(files, processes), start=1):
        for one in told:
            found[one.kind].append(one)
        progress(number, len(files))
    label = ", ".join(str(path) for path in paths)
    return Review(files=len(files), verdicts=tuple(_verdicts(found, label)))


def files_in(paths: Sequence[Path], closed: list[Violation]) -> list[Path]:
    """Return files, and all Python files in folders, each once. Raises UsageError as `review`.

    closed: takes what is to be said of folders that cannot be listed.
    """
    named = (file for path in paths for file in _files(path, closed))
    once: dict[str, Path] = {}
    for file in named:
        once.setdefault(os.path.realpath(file), file)
    return list(once.values())


def cores() -> int:
    """Return how many processes are of use on this machine."""
    return min(os.cpu_count() or 1, 8)


def _files(path: Path, closed: list[Violation]) -> Iterator[Path]:
    """Yield a file, or those in a folder; what folders cannot be listed goes to `closed`."""

    def refused(error: OSError) -> None:
        shown = _shown(Path(error.filename))
        place = Place(path=shown, line=1, column=1, end_line=1, end_column=2)
        said = f"cannot be listed: {error.strerror}"
        closed.append(Violation(kind=UNREADABLE, detail=said, place=place))

    if not _exists(path):
        raise UsageError(f"path={str(path)!r} does not exist: give a file or a folder to review")
    if path.is_dir():
        for folder, folders, names in os.walk(path, onerror=refused):
            folders[:] = sorted(one for one in folders if not is_left_out(Path(folder) / one))
            found = (Path(folder) / one for one in sorted(names) if one.endswith(".py"))
            # No pipes, whose end never comes, and no links to nothing, as editors leave them.
            yield from (one for one in found if one.is_file())
    elif path.is_file():
        yield path
    else:
        raise UsageError(f"path={str(path)!r} is no file and no folder: give one to review")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # a name that is too long, or goes round in circles


def _shown(path: Path) -> str:
    """Return a path as every report can write it, even if its name is no text."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def is_left_out(folder: Path) -> bool:
    """Whether a folder holds what others wrote, or what was made."""
    return is_left_out_by_name(folder.name) or (folder / "pyvenv.cfg").exists()


def is_left_out_by_name(name: str) -> bool:
    """Whether the name alone says so of a folder."""
    return name.startswith(".") or name in _LEFT_OUT


def _examined(files: Sequence[Path], processes: int) -> Iterator[list[Violation]]:
    if len(files) < _MANY or processes < 2:
        yield from map(_examine, files)
        return
    # Spawned, not forked: whoever asks for a review may have threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_examine, files, chunksize=_CHUNK)


def _examine(file: Path) -> list[Violation]:
    return examine_file(file, _shown(file))


def _verdicts(found: dict[str, list[Violation]], label: str) -> Iterator[Verdict]:
    make = partial(Verdict, requirement=Requirement.MUST, queue=label, driver="review")
    for code, sentence in ABOUT_FILES.items():
        yield make(
            rule=code,
            family="Files",
            sentence=sentence,
            status=Status.FAIL if found.get(code) else Status.PASS,
            violations=tuple(found.get(code, ())),
        )
    for group in GROUPS:
        for item in group.codes:
            yield make(
                rule=item.id,
                family=group.name,
                sentence=item.sentence,
                status=_status(item, found),
                reason=_reason(item),
                violations=tuple(found.get(item.id, ())),
            )


def _status(item: Code, found: dict[str, list[Violation]]) -> Status:
    if item.decided is not Decided.TEXT:
        return Status.NOT_RUN
    return Status.FAIL if found.get(item.id) else Status.PASS


def _reason(item: Code) -> str:
    return "" if item.decided is Decided.TEXT else f"decided {item.decided}: {item.how}"
