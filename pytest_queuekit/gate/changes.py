"""What has changed since a revision, by git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pytest_queuekit.errors import UsageError
from pytest_queuekit.review.run import is_left_out_by_name

_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_PAGES = frozenset({".md", ".rst", ".adoc"})
_UNKNOWN = "git knows no such revision here; in CI it has to be fetched"
_FOLDERS = frozenset({"doc", "docs", "documentation"})

TEST_FOLDERS = frozenset({"test", "tests"})
"""Names of folders in which tests are."""


def check_revision(base: str, folder: Path) -> None:
    """Raise UsageError with one line if a revision is not known to git in a folder."""
    try:
        # The peeling makes sure that it is a commit, and not some other object.
        _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    except UsageError as error:
        raise UsageError(f"{base!r} cannot be compared with: {error}") from error


def changed_since(base: str, folder: Path) -> tuple[Path, list[Path]]:
    """Return the top folder, and the files in it that differ from the common ancestor.

    New files are among them; their paths are relative. Raises UsageError if git cannot tell.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
    diff = ("diff", "--name-only", "--no-renames", "-z", "--merge-base", "--end-of-options", base)
    told = _git(top, *diff) + _git(top, "ls-files", "-z", "--others", "--exclude-standard")
    return top, [Path(one) for one in dict.fromkeys(told.split("\0")) if one]


def check_inside(files: Iterable[Path], top: Path) -> None:
    """Raise UsageError for a file that is not below a folder: git does not look at it."""
    for file in files:
        if not Path(os.path.realpath(file)).is_relative_to(top):
            raise UsageError(f"{file} is not in the repository {top}")


def is_documentation(path: Path) -> bool:
    """Whether a file is a page of documentation: by its suffix, or by a folder that it is in.

    What stands in folders of tests, of what was made, and of what others wrote, is none.
    """
    folders = path.parts[:-1]
    if any(is_left_out_by_name(one) or one in TEST_FOLDERS for one in folders):
        return False
    return path.suffix.lower() in _PAGES or bool(_FOLDERS & set(folders))


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and options end before what is given
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=True,
            timeout=60,
            env=_environment(),
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError("git took longer than a minute") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(lines[0] if lines else _UNKNOWN) from error
    return done.stdout.decode(errors="surrogateescape")


def _environment() -> dict[str, str]:
    """Return the environment without what a hook of git says of its own repository."""
    return {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
