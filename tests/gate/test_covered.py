"""How much of a team's code its tests ran, from a data file of coverage.py."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from pytest_queuekit.gate.covered import covered, stored
from tests.unmeasured import measure_apart

CODE = "def add(a, b):\n    if a:\n        return b\n    return a\n"


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of four lines, in an empty project."""
    monkeypatch.chdir(tmp_path)
    measure_apart(tmp_path, monkeypatch)
    file = tmp_path / "api.py"
    file.write_text(CODE, encoding="utf-8")
    return file


def _data(folder: Path, **lines: list[int]) -> Coverage:
    file = folder / "measured"
    data = CoverageData(basename=str(file))
    data.add_lines({str(folder / f"{name}.py"): ran for name, ran in lines.items()})
    data.write()
    found = stored(file)
    assert isinstance(found, Coverage)
    return found


def test_the_share_of_lines_is_told(code: Path) -> None:
    """Three of four."""
    found = covered(_data(code.parent, api=[1, 2, 3]), [code])
    assert (found.percent, found.files, found.unknown) == (75, 1, "")


def test_a_file_that_nobody_imported_is_not_covered(code: Path) -> None:
    """It counts with all its lines: half of the code is as good as untested."""
    other = code.parent / "other.py"
    other.write_text(CODE, encoding="utf-8")
    assert covered(_data(code.parent, api=[1, 2, 3, 4]), [code, other]).percent == 50


def test_without_names_all_that_was_measured_counts(code: Path) -> None:
    """Where nobody said which code is the team's."""
    found = covered(_data(code.parent, api=[1, 2]), None)
    assert (found.percent, found.files) == (50, 0)


def test_what_the_project_leaves_out_is_left_out(code: Path) -> None:
    """By its own configuration of coverage.py."""
    (code.parent / ".coveragerc").write_text(
        "[report]\nexclude_also = return a\n", encoding="utf-8"
    )
    assert covered(_data(code.parent, api=[1, 2, 3]), [code]).percent == 100


def test_a_measurement_of_other_code_is_no_figure(code: Path) -> None:
    """Nobody is told 0 % because --cov named something else."""
    (code.parent / "other.py").write_text(CODE, encoding="utf-8")
    assert "but not of this code" in covered(_data(code.parent, other=[1]), [code]).unknown


@pytest.mark.parametrize("part", ["run", "report"])
def test_a_file_that_the_project_omits_is_code_all_the_same(code: Path, part: str) -> None:
    """What is the team's code, --queue-review says."""
    other = code.parent / "other.py"
    other.write_text(CODE, encoding="utf-8")
    (code.parent / ".coveragerc").write_text(f"[{part}]\nomit = */other.py\n", encoding="utf-8")
    assert covered(_data(code.parent, api=[1, 2, 3, 4]), [code, other]).percent == 50


def test_a_configuration_that_is_wrong_is_told(code: Path) -> None:
    """In the words of coverage.py, and not as a fault of the data."""
    _data(code.parent, api=[1])
    (code.parent / ".coveragerc").write_text("[run]\nplugins = no_such_plugin\n", encoding="utf-8")
    told = stored(code.parent / "measured")
    assert isinstance(told, str)
    assert told.startswith("coverage.py reports: ")


def test_a_file_that_is_another_database_stays_as_it_was(code: Path) -> None:
    """Also one that is empty."""
    queue = code.parent / "queue.db"
    with closing(sqlite3.connect(queue)) as conn:
        conn.execute("CREATE TABLE task_queue (id)")
    empty = code.parent / "empty"
    empty.touch()
    for file in (queue, empty):
        before = file.read_bytes()
        told = stored(file)
        assert isinstance(told, str)
        assert f"{file.name} is not a data file of coverage.py, such as .coverage" in told
        assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b'x = "\xff"\n', b'x = "\x00"\n', b"# coding: none\n", b"def f(:\n"]
)
def test_a_file_that_cannot_be_read_is_told(code: Path, content: bytes) -> None:
    """There is no figure with it, and no error that leaves the run without a scoreboard."""
    bad = code.parent / "bad.py"
    bad.write_bytes(content)
    assert "bad.py" in covered(_data(code.parent, api=[1]), [code, bad]).unknown


def test_a_file_that_is_no_measurement_is_told(code: Path) -> None:
    """By its name, and what is asked for."""
    told = stored(code)
    assert isinstance(told, str)
    assert "api.py is not a data file of coverage.py, such as .coverage" in told
