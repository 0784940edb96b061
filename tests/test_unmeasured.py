"""The suite's own coverage is not lost by the tests that use coverage.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow

USE_COVERAGE = ("tests/gate/test_covered.py", "tests/plugin/test_neighbours.py")


def _measured(folder: Path, *arguments: str) -> set[Path]:
    """Run Python, measured as the suite is, and return the data files that are there then."""
    outer = ("PYTEST_", "COV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    own = {
        "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"),
        "COVERAGE_FILE": f"{folder}/data",
    }
    subprocess.run([sys.executable, *arguments], env={**kept, **own}, cwd=ROOT, check=True)
    return set(folder.glob("data*"))


@pytest.mark.parametrize("tests", USE_COVERAGE)
def test_what_uses_coverage_leaves_the_measurement(tmp_path: Path, tests: str) -> None:
    """Of its own process, and of those that ended before."""
    before = _measured(tmp_path, "-c", "import pytest_queuekit.errors")
    added = _measured(tmp_path, "-m", "pytest", "-q", tests, "-k", "share_of or (plugins and cov)")
    assert before < added
    data = CoverageData(basename=str(max(added - before, key=lambda file: file.stat().st_size)))
    data.read()
    assert any(
        Path(file).is_relative_to(ROOT / "pytest_queuekit") for file in data.measured_files()
    )
