"""The content of a copy, and the effect of a second copy on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pytest_queuekit import __version__
from pytest_queuekit.cli import vendoring as vendor
from pytest_queuekit.cli.vendoring import MANIFEST, ChangedCopyError, VendorError, check, copy_out
from pytest_queuekit.errors import UsageError
from tests.vendor.copies import PACKAGE, make_older, own_files, tree

ALL = sorted(own_files())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A current copy, three folders deep."""
    directory = tmp_path / "Client" / "Backend" / "src" / "queue"
    copy_out(directory)
    return directory


def test_copy_has_every_module_and_document(tmp_path: Path) -> None:
    """A copy holds each module and document as it is in the package, and the manifest."""
    report = copy_out(tmp_path / "queue")
    copied = tree(tmp_path / "queue")
    manifest = json.loads(copied.pop(MANIFEST))
    assert copied == own_files()
    assert sorted(report.written) == ALL
    assert (report.removed, report.kept) == ((), ())
    assert manifest["version"] == report.version == __version__


def test_parents_get_no_modules(copy: Path, tmp_path: Path) -> None:
    """Parent folders are made, and nothing is put into them."""
    assert [path.name for path in tmp_path.rglob("__init__.py") if copy not in path.parents] == []


def test_second_copy_is_a_no_op(copy: Path) -> None:
    """A current copy is not written to again."""
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    report = copy_out(copy)
    assert (report.written, report.removed, report.kept) == ((), (), ())
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


def test_other_line_ends_are_not_a_change(copy: Path) -> None:
    """A copy whose line ends version control has changed is current."""
    path = copy / "config.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(copy).is_current
    assert copy_out(copy).written == ()


def test_older_copy_is_upgraded(copy: Path) -> None:
    """An older copy without edits becomes current without a word."""
    make_older(copy, "config.py", "OLD = 1\n")
    make_older(copy, "former.py", "FORMER = 1\n")
    (copy / "models.py").unlink()
    state = check(copy)
    assert (state.version, state.outdated, state.obsolete, state.missing, state.is_current) == (
        "0.0.1",
        ("config.py",),
        ("former.py",),
        ("models.py",),
        False,
    )
    report = copy_out(copy)
    assert (report.written, report.removed) == (("models.py", "config.py"), ("former.py",))
    assert sorted(tree(copy)) == sorted([*ALL, MANIFEST])
    assert check(copy).is_current


def test_older_version_of_the_same_files_is_renewed(copy: Path) -> None:
    """A new version that changes no file is noted in the copy."""
    make_older(copy, "config.py", (copy / "config.py").read_text())
    assert copy_out(copy).written == ()
    assert check(copy).version == __version__


def test_changed_files_are_not_overwritten(copy: Path) -> None:
    """Files changed by hand are named, with the way on, and nothing at all is written."""
    (copy / "config.py").write_text("MINE = 1\n")
    (copy / "checks" / "scratch.py").write_text("MINE = 2\n")
    make_older(copy, "models.py", "OLD = 1\n")
    before = tree(copy)
    with pytest.raises(ChangedCopyError) as caught:
        copy_out(copy)
    assert caught.value.files == ("checks/scratch.py", "config.py")
    assert isinstance(caught.value, UsageError)
    message = str(caught.value)
    assert f"DIR={copy}: changed by hand: checks/scratch.py, config.py." in message
    assert "--force" in message
    assert "\n" not in message
    assert tree(copy) == before


def test_changed_file_that_is_gone_from_the_queue(copy: Path) -> None:
    """A file that was changed by hand is not removed either."""
    make_older(copy, "former.py", "FORMER = 1\n")
    (copy / "former.py").write_text("MINE = 1\n")
    with pytest.raises(ChangedCopyError, match=r"former\.py"):
        copy_out(copy)
    assert (copy / "former.py").read_text() == "MINE = 1\n"


def test_force_keeps_changed_files_beside(copy: Path) -> None:
    """With force, changed files are renewed or removed, and kept under a free name."""
    make_older(copy, "former.py", "FORMER = 1\n")
    (copy / "former.py").write_text("MINE = 0\n")
    for number in (1, 2):
        (copy / "config.py").write_text(f"MINE = {number}\n")
        copy_out(copy, force=True)
    files = tree(copy)
    assert files["config.py"] == own_files()["config.py"]
    assert files["config.py.orig"] == b"MINE = 1\n"
    assert files["config.py.orig2"] == b"MINE = 2\n"
    assert files["former.py.orig"] == b"MINE = 0\n"
    assert "former.py" not in files
    assert check(copy).is_current


def test_copy_without_its_manifest(copy: Path) -> None:
    """Where the manifest was lost, equal files are known again, and others count as changed."""
    (copy / MANIFEST).unlink()
    assert check(copy).missing == (MANIFEST,)
    assert copy_out(copy).written == ()
    assert check(copy).is_current
    (copy / MANIFEST).write_text("{broken")
    (copy / "config.py").write_text("OLD = 1\n")
    assert check(copy).changed == ("config.py",)


def test_broken_manifest_is_renewed(copy: Path) -> None:
    """A manifest that cannot be read makes a copy not current, and is written again."""
    good = (copy / MANIFEST).read_bytes()
    (copy / MANIFEST).write_text('["broken"]')
    assert not check(copy).is_current
    copy_out(copy)
    assert (copy / MANIFEST).read_bytes() == good


def test_manifest_that_points_outside(copy: Path) -> None:
    """A manifest that names files outside the copy gets none of them removed."""
    outside = copy.parent / "outside.py"
    make_older(copy, "../outside.py", "VALUABLE = 1\n")
    copy_out(copy)
    assert outside.read_text() == "VALUABLE = 1\n"


def test_files_of_others_are_left_alone(copy: Path) -> None:
    """A team's own files in the folder are named as extra, are not a fault, and stay."""
    (copy / "our_own.py").write_text("OURS = 1\n")
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "config.pyc").write_bytes(b"")
    state = check(copy)
    assert (state.extra, state.is_current) == (("our_own.py",), True)
    copy_out(copy)
    assert (copy / "our_own.py").read_text() == "OURS = 1\n"


def test_check_writes_nothing(copy: Path) -> None:
    """A check of a copy that is not current changes nothing."""
    (copy / "models.py").unlink()
    (copy / "config.py").write_text("MINE = 1\n")
    before = tree(copy)
    assert check(copy).missing == ("models.py",)
    assert tree(copy) == before


def test_check_of_nothing(tmp_path: Path) -> None:
    """A folder that does not exist cannot be checked, and is not made."""
    with pytest.raises(VendorError, match=r"no such folder. Make a copy with"):
        check(tmp_path / "queue")
    assert list(tmp_path.iterdir()) == []


def test_empty_folder_lacks_everything(tmp_path: Path) -> None:
    """All files are missing in an empty folder."""
    assert sorted(check(tmp_path).missing) == sorted([*ALL, MANIFEST])


@pytest.mark.parametrize("action", [copy_out, check])
def test_directory_that_is_a_file(tmp_path: Path, action: object) -> None:
    """A copy cannot replace a file."""
    (tmp_path / "queue").write_text("")
    with pytest.raises(VendorError, match=r"is a file\. Name a folder"):
        copy_out(tmp_path / "queue") if action is copy_out else check(tmp_path / "queue")


def test_directory_below_a_file(tmp_path: Path) -> None:
    """A folder that cannot be made is one clear line."""
    (tmp_path / "src").write_text("")
    with pytest.raises(VendorError, match="cannot be written"):
        copy_out(tmp_path / "src" / "queue")


def test_folder_in_the_place_of_a_module(tmp_path: Path) -> None:
    """A folder with a module's name counts as changed, and is not touched, by force neither."""
    (tmp_path / "config.py").mkdir()
    with pytest.raises(ChangedCopyError, match=r"config\.py"):
        copy_out(tmp_path)
    with pytest.raises(VendorError, match="cannot be written"):
        copy_out(tmp_path, force=True)
    assert (tmp_path / "config.py").is_dir()


def test_package_is_not_its_own_copy() -> None:
    """The reference queue itself cannot be the place of the copy."""
    with pytest.raises(VendorError, match="is the reference queue itself"):
        copy_out(PACKAGE)
    with pytest.raises(VendorError, match="is the reference queue itself"):
        check(os.path.relpath(PACKAGE))
    with pytest.raises(VendorError, match="is the reference queue itself"):
        copy_out(PACKAGE / "copy")
    assert not (PACKAGE / "copy").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_folder_that_cannot_be_looked_into(tmp_path: Path) -> None:
    """A folder without rights is one clear line."""
    tmp_path.chmod(0o600)
    try:
        with pytest.raises(VendorError, match="cannot be used"):
            copy_out(tmp_path)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("stop_after", [0, 1, 5, 20])
def test_interrupted_copy_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    """After an interruption all files are whole, and the next copy goes on, of any version."""
    left = stop_after
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            copy_out(tmp_path / "queue")
    files = tree(tmp_path / "queue")
    files.pop(MANIFEST, None)
    assert len(files) == max(stop_after - 1, 0)
    assert files.items() <= own_files().items()
    newer = {**own_files(), "__init__.py": b'"""Newer."""\n'}
    monkeypatch.setattr(vendor, "_reference", lambda: newer)
    copy_out(tmp_path / "queue")
    assert check(tmp_path / "queue").is_current


def test_copy_from_a_zip_file(tmp_path: Path) -> None:
    """The copy can be made from a package that is imported from a zip file."""
    archive = tmp_path / "site.zip"
    script = (
        "import sys, shutil; sys.path.insert(0, sys.argv[1]); "
        "from pytest_queuekit.cli import vendoring as vendor; "
        "assert '.zip' in vendor.__file__, vendor.__file__; "
        "vendor.copy_out(sys.argv[2]); assert vendor.check(sys.argv[2]).is_current"
    )
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in PACKAGE.parent.rglob("*.*"):
            if path.suffix in (".py", ".md"):
                bundle.write(path, path.relative_to(PACKAGE.parents[1]))
    done = subprocess.run(
        [sys.executable, "-c", script, str(archive), str(tmp_path / "queue")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    copied = tree(tmp_path / "queue")
    del copied[MANIFEST]
    assert copied == own_files()
