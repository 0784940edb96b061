"""What the package of a queue says about itself: the seed's `validation` module, asked."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.queue_under_test import QueueUnderTest


def eight_checks(queue: QueueUnderTest) -> list[str]:
    """Return what `quick_validate()` finds, which tries the package on a scratch database.

    Raises NotRunError for a queue that is no such package.
    """
    package = _package(queue)
    validation = _validation(package)
    with _warnings(package) as told:
        passed = validation.quick_validate()
    return _problems("quick_validate()", passed=passed, told=told)


def integration(queue: QueueUnderTest, folder: Path, worker: str) -> list[str]:
    """Return what `validate_worker_integration()` finds on a new database in a folder.

    Raises NotRunError for a queue that is no such package.
    """
    package = _package(queue)
    validation = _validation(package)
    with _warnings(package) as told, closing(package.QueueDatabase(folder / "queue.db")) as db:
        db.initialize_schema()
        passed = validation.validate_worker_integration(db, worker)
    return _problems("validate_worker_integration()", passed=passed, told=told)


def _package(queue: QueueUnderTest) -> Any:
    package = getattr(queue.adapter, "module", None)
    if not isinstance(package, ModuleType):
        raise NotRunError(
            f"{queue.contract.name} is no package with the API of the reference queue"
        )
    return package


def _validation(package: ModuleType) -> Any:
    name = f"{package.__name__}.validation"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise NotRunError(f"{package.__name__} has no module validation") from error


@contextmanager
def _warnings(package: ModuleType) -> Iterator[list[str]]:
    """Collect what the package logs as warnings: its functions say no more than yes or no."""
    told: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    logger, handler = logging.getLogger(package.__name__), Collector(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)


def _problems(call: str, *, passed: bool, told: list[str]) -> list[str]:
    return [] if passed else told or [f"{call} returned False"]
