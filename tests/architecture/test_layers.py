"""Imports go one way, and the check that says so can fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT

LINT = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    """The contracts of pyproject.toml hold."""
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("errors.py", "import pytest_queuekit.model.contract", "Imports go down the ladder"),
        ("history.py", "import pytest", "Only the plugin's side knows pytest"),
        ("queue/schema.py", "import hypothesis", "The reference queue knows nothing"),
        ("contract.py", "import pytest_queuekit.queue.schema", "know the reference queue"),
        ("newcomer.py", "import json", "newcomer"),
    ],
)
def test_a_forbidden_import_is_found(module: str, line: str, broken: str, tmp_path: Path) -> None:
    """An import against a contract, or a module without a place on the ladder, is named."""
    copy = tmp_path / "pytest_queuekit"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = _lint(tmp_path)
    assert done.returncode != 0
    assert broken in done.stdout


def test_the_page_shows_the_ladder_that_is_enforced() -> None:
    """docs/architecture.md lists the layers of the contract, in their order."""
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = contract.partition("\nlayers = [\n")[2].partition("\n]\n")[0]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page, flags=re.MULTILINE)
    held = [sorted(re.findall(r"\w+", line)) for line in listed.splitlines()]
    assert [sorted(re.findall(r"\w+", row)) for row in rows] == held
