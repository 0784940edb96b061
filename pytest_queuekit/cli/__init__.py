"""The command `queuekit`, which is also `python -m pytest_queuekit`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from pytest_queuekit import __version__
from pytest_queuekit.cli import review, rules, validate, vendor
from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean

_COMMANDS = {"validate": validate, "vendor": vendor, "rules": rules, "review": review}

_OPTIONS = (
    *("--markdown", "--json", "--check", "--force", "--help"),
    *("--format", "--output", "--list", "--explain"),
)
"""The options of the commands that know all of theirs."""

_EXAMPLES = """\
examples:
  queuekit validate                     the reference queue, in a minute or two
  queuekit validate --impl litequeue -k CLAIM
  queuekit rules CLAIM-1                what a rule says, and why
  queuekit vendor src/queue             a copy of the reference queue
  queuekit review src                   code that builds on the queue
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status: 0, 1 for a bad result, 2 for bad usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    _check_command(parser, given)
    # What `validate` does not know is for pytest; the other commands know all their arguments.
    options, rest = parser.parse_known_args(given)
    if rest and options.command != "validate":
        parser.error(f"{options.command} does not take {rest[0]}{did_you_mean(rest[0], _OPTIONS)}")
    try:
        status = int(_COMMANDS[options.command].run(options, rest))
        if sys.stdout:  # none if the caller closed it
            sys.stdout.flush()
        return status
    except UsageError as error:
        sys.stderr.write(f"queuekit: error: {error}\n")
        return 2
    except OSError as error:
        # The reader of a pipe may go at any time, as `head` does; a full disk is worth a word.
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"queuekit: error: cannot write: {error.strerror or error}\n")
        # Python would complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="queuekit",
        description="Tells whether a task queue is correct and fast enough.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"queuekit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS.values():
        command.add_to(commands)
    return parser


def _check_command(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """End with near matches if the first argument is no command and no option."""
    if not given or given[0].startswith("-") or given[0] in _COMMANDS:
        return
    hint = did_you_mean(given[0], _COMMANDS)
    parser.error(f"{given[0]!r} is no command (there are {', '.join(_COMMANDS)}){hint}")
