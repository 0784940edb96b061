"""`queuekit validate`: the rules, in a pytest run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

_EXAMPLES = """\
examples:
  queuekit validate
  queuekit validate --impl litequeue --impl huey --level quick
  queuekit validate --impl mypackage.queues:MyQueue -k "CLAIM or RACE" -x
  queuekit validate --db /var/lib/app/queue.db -n 2

All other arguments are pytest's. The exit status is pytest's, too: 0 if every
rule holds, 1 if one is broken, 4 if an option cannot be used.
"""

_PASSED_ON = {
    "impl": ("SPEC", "the queue under test; may be given several times"),
    "level": ("LEVEL", "quick, standard (the default) or deep"),
    "perf": ("MODE", "a missed performance target: strict, report or off"),
    "db": ("PATH", "a database that exists, to be checked as well"),
    "worker": ("N", "the team whose part is looked at, 02 to 06; may be given several times"),
}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "validate",
        help="put the rules to a queue, like pytest --queue-validate",
        description="Find out whether a queue is correct and fast enough.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="queuekit validate [--impl SPEC] [--level LEVEL] [--perf MODE]\n"
        "                         [--db PATH] [--worker N] [pytest arguments]",
        allow_abbrev=False,
    )
    for name, (metavar, sentence) in _PASSED_ON.items():
        parser.add_argument(
            f"--{name}", metavar=metavar, help=sentence, action="append", default=[]
        )


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run pytest and return its exit status."""
    import pytest

    passed_on = [
        f"--queue-{name}={value}" for name in _PASSED_ON for value in getattr(options, name)
    ]
    # Where plugins are not loaded by themselves, this one is asked for.
    named = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    plugin = ["-p", "pytest_queuekit.plugin"] if named else []
    return int(pytest.main([*plugin, "--queue-validate", *passed_on, *rest]))
