"""Runs the `validation` module in the package of a queue under test."""

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
    """Return the problems that `quick_validate()` finds with the package on a scratch database.

    Raises NotRunError if the queue is not a package with the API of the reference queue.
    """
    package = _package(queue)
    validation = _validation(package)
    with _warnings(package) as messages:
        passed = validation.quick_validate()
    return _problems("quick_validate()", passed=passed, messages=messages)


def integration(queue: QueueUnderTest, folder: Path, worker: str) -> list[str]:
    """Return the problems that `validate_worker_integration()` finds on a new database.

    folder: empty. worker: the id under which the function works. Raises NotRunError if the queue is
        not a package with the API of the reference queue.
    """
    package = _package(queue)
    validation = _validation(package)
    with _warnings(package) as messages, closing(package.QueueDatabase(folder / "queue.db")) as db:
        db.initialize_schema()
        passed = validation.validate_worker_integration(db, worker)
    return _problems("validate_worker_integration()", passed=passed, messages=messages)


def _package(queue: QueueUnderTest) -> Any:
    package = getattr(queue.adapter, "module", None)
    if not isinstance(package, ModuleType):
        raise NotRunError(
            f"{queue.contract.name} is not a package with the API of the reference queue",
            kind="unsupported",
        )
    return package


def _validation(package: ModuleType) -> Any:
    name = f"{package.__name__}.validation"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise NotRunError(
            f"{package.__name__} has no module validation", kind="unsupported"
        ) from error


@contextmanager
def _warnings(package: ModuleType) -> Iterator[list[str]]:
    """Collect the warnings that a package logs, because its functions return only a bool."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, handler = logging.getLogger(package.__name__), Collector(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


def _problems(call: str, *, passed: bool, messages: list[str]) -> list[str]:
    return [] if passed else messages or [f"{call} returned False"]
