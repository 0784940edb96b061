"""The command line of the validation.

Exit code 0: all checks passed. 1: a check failed. 2: nothing could be validated.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TextIO

from ..database import QueueDatabase
from ..exceptions import QueueDatabaseError, QueuePathError
from ..opening import MEMORY
from . import benchmark
from .result import CheckResult
from .subject import StoredFile
from .validator import QueueValidator

PASSED, FAILED, UNUSABLE = 0, 1, 2

MAKING_SECONDS = 1.0
"""Seconds to wait for another process that may be creating the queue."""

_RULE = "=" * 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate the database that the arguments name, print the results, return the exit code."""
    options = _parser().parse_args(arguments)
    _accept_any_character(sys.stdout, sys.stderr)
    try:
        validator = _validator(options.path)
    except QueueDatabaseError as error:
        sys.stderr.write(f"error: {error}\n")
        return UNUSABLE
    try:
        return _report(validator, with_benchmark=options.benchmark)
    except BrokenPipeError:
        # The reader closed the pipe. Without a new stdout, the interpreter would write to it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__.rpartition('.')[0]}.validation",
        description="Validate the queue infrastructure with eight checks. The rows and the schema "
        "of an existing file are not changed; a file that does not exist is created.",
        epilog="Exit code 0: all checks passed; 1: a check failed; 2: nothing could be validated.",
    )
    parser.add_argument("path", metavar="PATH", help="the queue's database file")
    parser.add_argument(
        "--benchmark",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="print times of the queue's operations after the checks (default: yes)",
    )
    return parser


def _accept_any_character(*streams: TextIO) -> None:
    """Replace characters that the terminal cannot print, instead of failing."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _validator(path: str) -> QueueValidator:
    if path in ("", MEMORY):
        raise QueuePathError(f"PATH={path!r}: name the queue's database file")
    if not os.path.lexists(path):
        with QueueDatabase(path) as db:
            db.initialize_schema()
        sys.stderr.write(f"note: {path} did not exist; created an empty queue there\n")
    else:
        _wait_for_creator(StoredFile(path))
    return QueueValidator.for_file(path)


def _wait_for_creator(file: StoredFile) -> None:
    """Give a file without tables a moment: another process may be creating the queue."""
    pauses = 50
    with suppress(QueueDatabaseError):
        while file.is_empty() and pauses:
            time.sleep(MAKING_SECONDS / 50)
            pauses -= 1


def _report(validator: QueueValidator, *, with_benchmark: bool) -> int:
    _print(_RULE, "QUEUE INFRASTRUCTURE VALIDATION", _RULE, "")
    results = [_run(name, check) for name, check in validator.checks()]
    failed = sum(not result.passed for result in results)
    verdict = f"❌ VALIDATION FAILED: {failed} of {len(results)} checks"
    _print("", _RULE, verdict if failed else "✅ ALL VALIDATIONS PASSED", _RULE)
    if with_benchmark and not failed:
        _print("", *benchmark.lines(benchmark.measure()))
    return FAILED if failed else PASSED


def _run(name: str, check: Callable[[], CheckResult]) -> CheckResult:
    sys.stdout.write(f"Running: {name}... ")
    sys.stdout.flush()
    result = check()
    _print("✅ PASS" if result.passed else "❌ FAIL", *(f"    {line}" for line in result.problems))
    return result


def _print(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
