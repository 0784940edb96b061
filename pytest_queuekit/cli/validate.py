"""`queuekit validate`: pytest with --queue-validate, in a process of its own."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, cast

_EXAMPLES = """\
examples:
  queuekit validate
  queuekit validate --impl litequeue --impl huey --level quick
  queuekit validate --impl mypackage.queues:MyQueue -k "CLAIM or RACE" -x
  queuekit validate --db /var/lib/app/queue.db -n 2
  queuekit validate --gate --approved-by "A. Reviewer"

All other arguments go to pytest. The exit status is pytest's: 0 if the queue
passes, 1 if it fails, 2 after Ctrl-C, 4 for an invalid option.
"""

EXCEPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "--queue-validate": "the command always gives it",
        "--queue-watch": "it watches the project's own tests, which this command does not select",
    }
)
"""The plugin's options that the command does not offer, each with the reason."""

_PREFIX = "--queue-"


def add_to(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], *, complete: bool
) -> None:
    """Declare the command; the plugin's options only if `complete`, since they load pytest."""
    parser = commands.add_parser(
        "validate",
        help="validate a queue, like pytest --queue-validate",
        description="Test whether a queue keeps its promises and meets its performance targets.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="queuekit validate [options] [pytest arguments]",
        allow_abbrev=False,
    )
    for option, settings in (_offered() if complete else {}).items():
        parser.add_argument(option.replace(_PREFIX, "--"), **settings)


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run pytest and return its exit status; 128 + N if signal N ended it."""
    # Under PYTEST_DISABLE_PLUGIN_AUTOLOAD, pytest loads only plugins that are named.
    named = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    plugin = ["-p", "pytest_queuekit.plugin"] if named else []
    arguments = [*plugin, "--queue-validate", *_passed_on(options), *rest]
    # A new process, because pytest cannot rewrite the asserts of modules that are imported
    # already. -P keeps a queue.py in the current folder from replacing Python's own.
    command = [sys.executable, "-P", "-m", "pytest", *arguments]
    with subprocess.Popen(command) as process, _terminated_with(process):  # noqa: S603
        status = _wait(process)
    return status if status >= 0 else 128 - status


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the terminal interrupts pytest as well, which reports and ends


@contextmanager
def _terminated_with(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass SIGTERM on to a process, so that it does not outlive this one."""
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Declarations:
    """Stands in for pytest's parser and collects the options that the plugin declares."""

    def __init__(self) -> None:
        self.options: dict[str, dict[str, Any]] = {}

    def getgroup(self, *_: str) -> _Declarations:
        """Return the group of the options, which is this object."""
        return self

    def addoption(self, name: str, **settings: Any) -> None:
        """Keep an option."""
        self.options[name] = settings

    def addini(self, *_: Any, **__: Any) -> None:
        """Ignore an ini key: pytest reads those by itself."""


def _offered() -> dict[str, dict[str, Any]]:
    """Return the settings of each option of the plugin that the command offers."""
    import pytest

    from pytest_queuekit.plugin.options import add_options

    declarations = _Declarations()
    add_options(cast(pytest.Parser, declarations))
    return {
        name: {**settings, "dest": name, "help": settings["help"].replace(_PREFIX, "--")}
        for name, settings in declarations.options.items()
        if name not in EXCEPTIONS
    }


def _passed_on(options: argparse.Namespace) -> Iterator[str]:
    for name, value in vars(options).items():
        if not name.startswith(_PREFIX) or value is None or value is False:
            continue
        values = value if isinstance(value, list) else [value]
        for each in values:
            yield name if each is True else f"{name}={each}"
