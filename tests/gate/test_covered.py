"""The part of a team's code that its tests ran, from a data file of coverage.py."""

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
    measurement = stored(file)
    assert isinstance(measurement, Coverage)
    return measurement


def test_the_figure_is_the_share_of_lines(code: Path) -> None:
    """Three of four lines are 75 %."""
    result = covered(_data(code.parent, api=[1, 2, 3]), [code])
    assert (result.percent, result.files, result.unknown) == (75, 1, "")


def test_a_file_that_was_never_imported_is_not_covered(code: Path) -> None:
    """All its lines count as not covered."""
    other = code.parent / "other.py"
    other.write_text(CODE, encoding="utf-8")
    assert covered(_data(code.parent, api=[1, 2, 3, 4]), [code, other]).percent == 50


def test_without_files_all_measured_files_count(code: Path) -> None:
    """This is the figure of a run that reviews no code."""
    result = covered(_data(code.parent, api=[1, 2]), None)
    assert (result.percent, result.files) == (50, 0)


def test_lines_that_the_project_excludes_do_not_count(code: Path) -> None:
    """The project's configuration of coverage.py applies."""
    (code.parent / ".coveragerc").write_text(
        "[report]\nexclude_also = return a\n", encoding="utf-8"
    )
    assert covered(_data(code.parent, api=[1, 2, 3]), [code]).percent == 100


def test_a_measurement_of_other_code_does_not_count(code: Path) -> None:
    """A --cov that names other code leaves the coverage unknown, not 0 %."""
    (code.parent / "other.py").write_text(CODE, encoding="utf-8")
    assert "but not for the team" in covered(_data(code.parent, other=[1]), [code]).unknown


@pytest.mark.parametrize("part", ["run", "report"])
def test_a_file_that_the_project_omits_still_counts(code: Path, part: str) -> None:
    """--queue-review alone decides which files are the team's code."""
    other = code.parent / "other.py"
    other.write_text(CODE, encoding="utf-8")
    (code.parent / ".coveragerc").write_text(f"[{part}]\nomit = */other.py\n", encoding="utf-8")
    assert covered(_data(code.parent, api=[1, 2, 3, 4]), [code, other]).percent == 50


def test_an_invalid_configuration_is_reported(code: Path) -> None:
    """The reason has the message of coverage.py, and does not blame the data file."""
    _data(code.parent, api=[1])
    (code.parent / ".coveragerc").write_text("[run]\nplugins = no_such_plugin\n", encoding="utf-8")
    reason = stored(code.parent / "measured")
    assert isinstance(reason, str)
    assert reason.startswith("coverage.py reports: ")


def test_a_file_that_is_another_database_stays_as_it_was(code: Path) -> None:
    """An empty file stays empty, too."""
    queue = code.parent / "queue.db"
    with closing(sqlite3.connect(queue)) as conn:
        conn.execute("CREATE TABLE task_queue (id)")
    empty = code.parent / "empty"
    empty.touch()
    for file in (queue, empty):
        before = file.read_bytes()
        reason = stored(file)
        assert isinstance(reason, str)
        assert f"{file.name} is not a data file of coverage.py, such as .coverage" in reason
        assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b'x = "\xff"\n', b'x = "\x00"\n', b"# coding: none\n", b"def f(:\n"]
)
def test_a_file_that_cannot_be_read_leaves_the_coverage_unknown(code: Path, content: bytes) -> None:
    """The reason names the file, and no exception leaves the run without a scoreboard."""
    bad = code.parent / "bad.py"
    bad.write_bytes(content)
    assert "bad.py" in covered(_data(code.parent, api=[1]), [code, bad]).unknown


def test_a_file_without_a_measurement_is_rejected(code: Path) -> None:
    """The reason names the file and an example of a data file."""
    reason = stored(code)
    assert isinstance(reason, str)
    assert "api.py is not a data file of coverage.py, such as .coverage" in reason
