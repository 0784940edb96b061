"""The files that differ from a git revision."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pytest_queuekit.errors import UsageError
from pytest_queuekit.review.run import is_left_out_by_name

_HOOK_VARIABLES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""Variables with which a git hook names its own repository."""
_PAGE_SUFFIXES = frozenset({".md", ".rst", ".adoc"})
_PAGE_FOLDERS = frozenset({"doc", "docs", "documentation"})
_UNKNOWN = "no such git revision here; in CI, fetch it first"

TEST_FOLDERS = frozenset({"test", "tests"})
"""Names of folders that hold tests."""


def check_revision(base: str, folder: Path) -> None:
    """Raise UsageError if git does not know a revision in a folder."""
    try:
        # The suffix makes git reject an object that is not a commit.
        _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    except UsageError as error:
        raise UsageError(f"{base!r} cannot be compared with: {error}") from error


def changed_since(base: str, folder: Path) -> tuple[Path, list[Path]]:
    """Return the top folder of a repository, and the files that differ from the merge base.

    The files include uncommitted and new ones; their paths are relative to the top folder. Raises
    UsageError if git fails.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
    diff = ("diff", "--name-only", "--no-renames", "-z", "--merge-base", "--end-of-options", base)
    names = _git(top, *diff) + _git(top, "ls-files", "-z", "--others", "--exclude-standard")
    return top, [Path(name) for name in dict.fromkeys(names.split("\0")) if name]


def check_inside(files: Iterable[Path], top: Path) -> None:
    """Raise UsageError for a file outside of a repository, because git does not compare it."""
    for file in files:
        if not Path(os.path.realpath(file)).is_relative_to(top):
            raise UsageError(f"{file} is not in the repository {top}")


def is_documentation(path: Path) -> bool:
    """Return True if a file is a page of documentation, by its suffix or by one of its folders.

    Files in folders of tests, of generated code and of third-party code are not pages.
    """
    folders = path.parts[:-1]
    if any(is_left_out_by_name(folder) or folder in TEST_FOLDERS for folder in folders):
        return False
    return path.suffix.lower() in _PAGE_SUFFIXES or bool(_PAGE_FOLDERS & set(folders))


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(  # noqa: S603 - no shell, and options end before user input
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=True,
            timeout=60,
            env={name: value for name, value in os.environ.items() if name not in _HOOK_VARIABLES},
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError("git took longer than a minute") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(lines[0] if lines else _UNKNOWN) from error
    return result.stdout.decode(errors="surrogateescape")
