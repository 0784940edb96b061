"""What the package of a queue says about itself."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.cli.vendoring import copy_out
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.gate.package import eight_checks, integration
from pytest_queuekit.model.queue_under_test import QueueUnderTest

OURS = "from pytest_queuekit.queue import *\n"
SILENT = (
    "def quick_validate(): return False\ndef validate_worker_integration(db, worker): return 0\n"
)
LOUD = (
    "import logging\n"
    "def quick_validate():\n"
    "    logging.getLogger(__name__).info('fine so far')\n"
    "    logging.getLogger(__name__).warning('no %s', 'index')\n"
    "    return False\n"
    "def validate_worker_integration(db, worker):\n"
    "    logging.getLogger(__name__).warning('%s has no tasks in %s', worker, db.path)\n"
    "    return False\n"
)


def _package(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, validation: str
) -> QueueUnderTest:
    """Return the subject of a new package with the API of the reference queue."""
    home = folder / name
    home.mkdir()
    (home / "__init__.py").write_text(OURS, encoding="utf-8")
    if validation:
        (home / "validation.py").write_text(validation, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return resolve(name)


def test_the_reference_queue_is_sound(tmp_path: Path) -> None:
    """Nothing is found in it."""
    assert eight_checks(resolve("reference")) == []
    assert integration(resolve("reference"), tmp_path, "worker-03") == []


def test_a_copy_is_asked_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the package that it was copied from."""
    copy_out(tmp_path / "copied_queue")
    schema = tmp_path / "copied_queue" / "schema.py"
    text = schema.read_text(encoding="utf-8")
    assert "CREATE INDEX" in text
    schema.write_text(text.replace("CREATE INDEX", "-- CREATE INDEX"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert eight_checks(resolve("copied_queue"))


def test_what_is_logged_is_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warnings, and nothing below."""
    queue = _package(tmp_path, monkeypatch, "loud_queue", LOUD)
    assert eight_checks(queue) == ["no index"]
    (told,) = integration(queue, tmp_path, "worker-03")
    assert told == f"worker-03 has no tasks in {tmp_path / 'queue.db'}"
    assert logging.getLogger("loud_queue").handlers == []


def test_a_plain_no_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the function that said it."""
    queue = _package(tmp_path, monkeypatch, "silent_queue", SILENT)
    assert eight_checks(queue) == ["quick_validate() returned False"]
    assert integration(queue, tmp_path, "a") == ["validate_worker_integration() returned False"]


def test_a_package_without_validation_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a queue of another kind."""
    queue = _package(tmp_path, monkeypatch, "bare_queue", "")
    with pytest.raises(NotRunError, match="bare_queue has no module validation"):
        eight_checks(queue)
    with pytest.raises(NotRunError, match="is not a package with the API"):
        integration(resolve("tests.queues.memory:MemoryQueue"), tmp_path, "worker-03")


def test_a_validation_that_cannot_be_imported_is_no_missing_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it needs and does not find is told as it is."""
    queue = _package(tmp_path, monkeypatch, "needy_queue", "import nothing_of_this_name\n")
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        eight_checks(queue)
