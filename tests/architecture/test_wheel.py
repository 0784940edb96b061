"""The check of the wheel's contents that `.ci/run` makes can fail."""

from __future__ import annotations

import runpy
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT

check = runpy.run_path(str(ROOT / ".ci" / "wheel_contents.py"))


def _wheel(folder: Path, names: set[str]) -> str:
    path = folder / "made.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return str(path)


def test_a_whole_wheel_is_accepted(tmp_path: Path) -> None:
    """A wheel with exactly the package's files is right."""
    assert check["main"](_wheel(tmp_path, check["expected"](PACKAGE))) == 0


@pytest.mark.parametrize("name", ["pytest_queuekit/py.typed", "pytest_queuekit/errors.py"])
def test_a_missing_file_is_named(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wheel that lacks a file is wrong, and the file is named."""
    assert check["main"](_wheel(tmp_path, check["expected"](PACKAGE) - {name})) == 1
    assert capsys.readouterr().out == f"the wheel lacks {name}\n"


def test_a_stray_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wheel that has more than the package is wrong, and the file is named."""
    names = check["expected"](PACKAGE) | {"tests/conftest.py"}
    assert check["main"](_wheel(tmp_path, names)) == 1
    assert "tests/conftest.py" in capsys.readouterr().out
