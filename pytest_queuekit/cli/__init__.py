"""The command `queuekit`, which is also `python -m pytest_queuekit`."""

from __future__ import annotations

import argparse
import os
import re
import sys
import traceback
from collections.abc import Sequence

from pytest_queuekit import __version__
from pytest_queuekit.cli import (
    adapters,
    check,
    clean,
    compare,
    explain,
    record,
    report,
    review,
    rules,
    show,
    validate,
    vendor,
)
from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean

_COMMANDS = {
    "validate": validate,
    "adapters": adapters,
    "rules": rules,
    "explain": explain,
    "review": review,
    "show": show,
    "report": report,
    "compare": compare,
    "check": check,
    "record": record,
    "clean": clean,
    "vendor": vendor,
}

_EXAMPLES = """\
examples:
  queuekit validate                     the reference queue, in a minute or two
  queuekit validate --impl litequeue -k CLAIM
  queuekit adapters                     the adapters that --impl accepts by name
  queuekit explain CLAIM-1              one rule, with its reason
  queuekit review src                   code that builds on the reference queue
  queuekit show                         the failures of earlier runs
  queuekit report run.json              a table of the queues of a run
  queuekit compare old.json new.json    what changed between two runs
  queuekit check log.jsonl --contract contract.toml
                                        a history that was recorded elsewhere
  queuekit record --impl litequeue      a history of a queue under load
  queuekit clean --impl postgres        what killed runs have left on a server
  queuekit vendor src/queue             a copy of the reference queue

exit status: 0 success, 1 a failed check, 2 a usage error, 3 an error of
queuekit itself, 130 Ctrl-C. The status of `queuekit validate` is pytest's.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="queuekit",
        description=(
            "Test whether a task queue keeps its promises and meets its performance targets."
        ),
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"queuekit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    validate.add_to(commands, complete=given[:1] == ["validate"])
    for name, command in _COMMANDS.items():
        if name != "validate":
            command.add_to(commands)
    _check_command(parser, given)
    # `validate` passes unknown arguments on to pytest; the other commands reject them.
    options, rest = parser.parse_known_args(given)
    if rest and options.command != "validate":
        known = re.findall(r"--[\w-]+", commands.choices[options.command].format_help())
        parser.error(f"{options.command} does not take {rest[0]}{did_you_mean(rest[0], known)}")
    return _run(options, rest)


def _run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    try:
        status = int(_COMMANDS[options.command].run(options, rest))
        if sys.stdout:  # None if the caller closed it
            sys.stdout.flush()
        return status
    except UsageError as error:
        sys.stderr.write(f"queuekit: error: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as a shell reports it
    except OSError as error:
        # The reader of a pipe may close it at any time, as `head` does; that is not an error.
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"queuekit: error: cannot write: {error.strerror or error}\n")
        # Python flushes stdout at exit, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - with its traceback, for the report
        traceback.print_exception(error)
        sys.stderr.write("queuekit: internal error; please report it with the lines above\n")
        return 3


def _check_command(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Exit with a suggestion if the first argument is neither a command nor an option."""
    if given and not given[0].startswith("-") and given[0] not in _COMMANDS:
        hint = did_you_mean(given[0], _COMMANDS)
        parser.error(f"no command {given[0]!r} (commands: {', '.join(_COMMANDS)}){hint}")
