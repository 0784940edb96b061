"""The `validation` module in the package of a queue."""

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
    """Return a new package with the API of the reference queue, as the queue under test."""
    home = folder / name
    home.mkdir()
    (home / "__init__.py").write_text(OURS, encoding="utf-8")
    if validation:
        (home / "validation.py").write_text(validation, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return resolve(name)


def test_the_reference_queue_is_sound(tmp_path: Path) -> None:
    """Neither function finds a problem."""
    assert eight_checks(resolve("reference")) == []
    assert integration(resolve("reference"), tmp_path, "worker-03") == []


def test_a_copy_is_judged_by_its_own_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in the copy is found, although the original has none."""
    copy_out(tmp_path / "copied_queue")
    schema = tmp_path / "copied_queue" / "schema.py"
    text = schema.read_text(encoding="utf-8")
    assert "CREATE INDEX" in text
    schema.write_text(text.replace("CREATE INDEX", "-- CREATE INDEX"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert eight_checks(resolve("copied_queue"))


def test_the_logged_warnings_are_the_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages below the level WARNING are not problems."""
    queue = _package(tmp_path, monkeypatch, "loud_queue", LOUD)
    assert eight_checks(queue) == ["no index"]
    (problem,) = integration(queue, tmp_path, "worker-03")
    assert problem == f"worker-03 has no tasks in {tmp_path / 'queue.db'}"
    assert logging.getLogger("loud_queue").handlers == []


def test_a_result_of_false_without_a_warning_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem names the function."""
    queue = _package(tmp_path, monkeypatch, "silent_queue", SILENT)
    assert eight_checks(queue) == ["quick_validate() returned False"]
    assert integration(queue, tmp_path, "a") == ["validate_worker_integration() returned False"]


def test_a_package_without_validation_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same holds for a queue that is not such a package."""
    queue = _package(tmp_path, monkeypatch, "bare_queue", "")
    with pytest.raises(NotRunError, match="bare_queue has no module validation") as missing:
        eight_checks(queue)
    with pytest.raises(NotRunError, match="is not a package with the API") as other:
        integration(resolve("tests.queues.memory:MemoryQueue"), tmp_path, "worker-03")
    assert {missing.value.kind, other.value.kind} == {"unsupported"}


def test_a_validation_module_that_fails_to_import_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The missing dependency is not taken for a missing module."""
    queue = _package(tmp_path, monkeypatch, "needy_queue", "import nothing_of_this_name\n")
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        eight_checks(queue)
