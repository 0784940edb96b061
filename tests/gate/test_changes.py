"""What has changed since a revision, in a real repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.gate.changes import changed_since, check_revision, is_documentation


class Repository:
    """A folder under git with a first commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.commit("api.py", "docs/api.md")

    def git(self, *arguments: str) -> None:
        """Run git as somebody, whatever the user has configured."""
        who = {"NAME": "A", "EMAIL": "a@example.org"}
        identity = {
            f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()
        }
        environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
        command = ["git", "-C", str(self.folder), *arguments]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    def write(self, *names: str) -> None:
        """Change files."""
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write("more\n")

    def commit(self, *names: str) -> None:
        """Change files and commit them."""
        self.write(*names)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """One with api.py and docs/api.md."""
    folder = tmp_path / "with space é"
    folder.mkdir()
    return Repository(folder)


def _changed(repository: Repository, base: str = "main") -> set[str]:
    top, found = changed_since(base, repository.folder)
    assert top == repository.folder
    return {one.as_posix() for one in found}


def test_what_is_committed_and_what_is_not_has_changed(repository: Repository) -> None:
    """On a branch: commits, the working tree, new files; not what is ignored."""
    repository.git("switch", "-q", "-c", "feature")
    repository.commit("committed.py", ".gitignore")
    (repository.folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    repository.write("api.py", "new é.py", "a.log")
    assert _changed(repository) == {"committed.py", ".gitignore", "api.py", "new é.py"}


def test_what_others_did_meanwhile_is_not_ours(repository: Repository) -> None:
    """The comparison is with the common ancestor."""
    repository.git("switch", "-q", "-c", "feature")
    repository.git("switch", "-q", "main")
    repository.commit("docs/api.md")
    repository.git("switch", "-q", "feature")
    repository.commit("api.py")
    assert _changed(repository) == {"api.py"}


def test_what_is_moved_away_has_changed_where_it_was(repository: Repository) -> None:
    """Both names are told."""
    repository.git("mv", "api.py", "old.py")
    assert _changed(repository, "HEAD") == {"api.py", "old.py"}


def test_a_hook_of_git_does_not_mislead(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where its repository is, relative to another folder."""
    monkeypatch.setenv("GIT_DIR", ".git")
    repository.write("api.py")
    _, found = changed_since("HEAD", repository.folder / "docs")
    assert found == [Path("api.py")]


def test_paths_are_those_from_the_top(repository: Repository) -> None:
    """Also if git is asked from a folder below."""
    repository.write("src/api.py")
    top, found = changed_since("HEAD", repository.folder / "docs")
    assert (top, found) == (repository.folder, [Path("src/api.py")])


@pytest.mark.parametrize("base", ["nothing", "-x", "--all", "", "HEAD:api.py", "a b"])
def test_a_revision_that_there_is_not_is_told(repository: Repository, base: str) -> None:
    """In one line; an option is none, and a file is none."""
    with pytest.raises(UsageError, match="cannot be compared with: ") as told:
        check_revision(base, repository.folder)
    assert repr(base) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_revision_that_there_is_is_taken(repository: Repository) -> None:
    """By whatever name."""
    for base in ("HEAD", "main", "main^{commit}", "@"):
        check_revision(base, repository.folder)


def test_a_folder_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what git says, or by its absence."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="not a git repository"):
        check_revision("main", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git is not installed"):
        check_revision("main", tmp_path)


@pytest.mark.parametrize(
    ("path", "is_page"),
    [
        ("README.md", True),
        ("CHANGES.rst", True),
        ("docs/conf.py", True),
        ("src/doc/api.txt", True),
        ("docs.py", False),
        ("src/api.py", False),
        ("notes.txt", False),
        ("tests/data/page.md", False),
        (".venv/lib/LICENSE.md", False),
        ("build/page.md", False),
    ],
)
def test_a_page_is_known_by_its_suffix_or_its_folder(path: str, is_page: bool) -> None:
    """Pages of documentation, wherever they are."""
    assert is_documentation(Path(path)) is is_page
