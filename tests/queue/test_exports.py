"""The public names, and copies of the folder under other names."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_queuekit import queue
from pytest_queuekit.queue import exceptions

FOLDER = Path(queue.__file__).parent
SOURCES = sorted(FOLDER.rglob("*.py"))
DRIVERS = {"postgres": {"psycopg"}}
"""The other packages that the modules of a folder may import."""


def test_all_lists_the_public_names() -> None:
    """__all__ lists exactly the public names."""
    others = {path.stem for path in SOURCES} | {"checks", "annotations"}
    others |= {"TYPE_CHECKING", "import_module", "postgres"}
    public = {name for name in vars(queue) if name[0].isalpha()} - others
    assert set(queue.__all__) == public | set(queue._OF_VALIDATION)
    assert len(set(queue.__all__)) == len(queue.__all__)


def test_every_error_is_exported() -> None:
    """Each error class is exported, is a QueueDatabaseError, and has its message as docstring."""
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type)]
    for kind in kinds:
        assert issubclass(kind, queue.QueueDatabaseError)
        assert kind.__name__ in queue.__all__
        assert str(kind()) == " ".join((kind.__doc__ or "").split())
        assert str(kind("told")) == "told"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_imports_stay_inside(path: Path) -> None:
    """Each module imports only relatively or from the standard library; one folder has a driver."""
    depth = len(path.relative_to(FOLDER).parts)
    allowed = {*sys.stdlib_module_names, *DRIVERS.get(path.parent.name, ())}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] in allowed for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] in allowed
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= depth


@pytest.mark.parametrize("package", ["Client.Backend.src.queue", "src.queue", "queue_copy"])
def test_a_copy_works_under_any_name(tmp_path: Path, package: str) -> None:
    """A copy works without the kit and without __init__.py in its parent folders."""
    target = tmp_path / package.replace(".", "/")
    shutil.copytree(FOLDER, target, ignore=shutil.ignore_patterns("__pycache__"))
    script = (
        f"from {package} import QueueDatabase, TaskQueue, SchedulingStrategy, TaskClaimerFactory\n"
        f"from {package}.config import get_default_db_path, PRODUCTION_PRAGMAS\n"
        "import sys\n"
        "db = QueueDatabase('queue.db')\n"
        "TaskQueue(db).enqueue('t', {'a': 1})\n"
        "claimer = TaskClaimerFactory.create(SchedulingStrategy.FIFO, db)\n"
        "print(claimer.claim_task('worker-1', {}, lease_seconds=60).get_payload())\n"
        "assert not [name for name in sys.modules if 'queuekit' in name]\n"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("{'a': 1}\n", "")
