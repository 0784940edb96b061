"""The files that changed since a revision, in a real repository."""

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
        """Run git with an identity of its own, apart from the user's configuration."""
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
    """A repository with api.py and docs/api.md."""
    folder = tmp_path / "with space é"
    folder.mkdir()
    return Repository(folder)


def _changed(repository: Repository, base: str = "main") -> set[str]:
    top, paths = changed_since(base, repository.folder)
    assert top == repository.folder
    return {path.as_posix() for path in paths}


def test_commits_and_uncommitted_files_count_as_changes(repository: Repository) -> None:
    """Commits of the branch, the working tree and new files count; ignored files do not."""
    repository.git("switch", "-q", "-c", "feature")
    repository.commit("committed.py", ".gitignore")
    (repository.folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    repository.write("api.py", "new é.py", "a.log")
    assert _changed(repository) == {"committed.py", ".gitignore", "api.py", "new é.py"}


def test_later_commits_on_the_base_do_not_count(repository: Repository) -> None:
    """The diff is taken against the merge base."""
    repository.git("switch", "-q", "-c", "feature")
    repository.git("switch", "-q", "main")
    repository.commit("docs/api.md")
    repository.git("switch", "-q", "feature")
    repository.commit("api.py")
    assert _changed(repository) == {"api.py"}


def test_a_moved_file_counts_under_both_names(repository: Repository) -> None:
    """A rename is a deletion and a new file."""
    repository.git("mv", "api.py", "old.py")
    assert _changed(repository, "HEAD") == {"api.py", "old.py"}


def test_the_variables_of_a_git_hook_are_ignored(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIT_DIR of a hook is relative to another folder."""
    monkeypatch.setenv("GIT_DIR", ".git")
    repository.write("api.py")
    _, paths = changed_since("HEAD", repository.folder / "docs")
    assert paths == [Path("api.py")]


def test_paths_are_relative_to_the_top_folder(repository: Repository) -> None:
    """This holds for a comparison from a folder below, too."""
    repository.write("src/api.py")
    top, paths = changed_since("HEAD", repository.folder / "docs")
    assert (top, paths) == (repository.folder, [Path("src/api.py")])


@pytest.mark.parametrize("base", ["nothing", "-x", "--all", "", "HEAD:api.py", "a b"])
def test_an_unknown_revision_is_rejected(repository: Repository, base: str) -> None:
    """The error is one line; options and files are not revisions."""
    with pytest.raises(UsageError, match="cannot be compared with: ") as raised:
        check_revision(base, repository.folder)
    assert repr(base) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_known_revision_is_accepted(repository: Repository) -> None:
    """HEAD, a branch, an expression and @ are names of revisions."""
    for base in ("HEAD", "main", "main^{commit}", "@"):
        check_revision(base, repository.folder)


def test_a_folder_without_a_repository_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the message of git, or says that git is missing."""
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
    """Tests, generated code and third-party code have no pages."""
    assert is_documentation(Path(path)) is is_page
