"""Copies of the queue, for the tests of the copy-out."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from pytest_queuekit.cli.vendoring import MANIFEST

PACKAGE = Path(__file__).parents[2] / "pytest_queuekit" / "queue"


def own_files() -> dict[str, bytes]:
    """Return the modules and documents of the reference queue, by their paths."""
    files = (file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".md"))
    return {file.relative_to(PACKAGE).as_posix(): file.read_bytes() for file in files}


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, by their paths."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def make_older(copy: Path, name: str, content: str) -> None:
    """Make one file of a copy what an older version would have written."""
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["version"] = "0.0.1"
    manifest["files"][name] = [sha256(content.encode()).hexdigest()]
    (copy / MANIFEST).write_text(json.dumps(manifest))
    (copy / name).write_text(content)
