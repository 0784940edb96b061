"""`queuekit clean`: removes from a server what killed runs have left there."""

from __future__ import annotations

import argparse
import inspect
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_queuekit.adapters.namespaces import made_at
from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.report.lines import counted

_EXAMPLES = """\
examples:
  queuekit clean --impl postgres --dry-run
  queuekit clean --impl redis-streams --older-than 0

exit status: 0 all were removed, 1 some could not be removed, 2 a usage error.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "clean",
        help="remove from a server what killed runs have left there",
        description="Remove the queues that runs made on a server and, killed, did not remove.\n"
        "A run that still goes on may own the youngest.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--impl",
        metavar="SPEC",
        required=True,
        help="the adapter of the queues, as `queuekit validate` takes it",
    )
    parser.add_argument(
        "--older-than",
        metavar="MINUTES",
        type=_minutes,
        default=60.0,
        help="leave younger queues alone; default: 60",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be removed, and remove nothing"
    )


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Remove the queues, print one line each, and return 0, or 1 if one could not be removed."""
    # Here and not above: the other commands need no adapter.
    from pytest_queuekit.adapters.resolve import resolve

    del rest
    adapter = resolve(options.impl, folders=[Path.cwd()], source="--impl").adapter
    if inspect.getattr_static(adapter, "leftovers") is vars(QueueAdapter)["leftovers"]:
        raise UsageError(
            f"--impl {options.impl}: the adapter has no leftovers(): its queues are files of the "
            "run, or it does not list them"
        )
    try:
        places = adapter.leftovers()
    except Exception as error:
        raise UsageError(f"--impl {options.impl}: no list of queues: {error}") from error
    before = time.time() - 60 * options.older_than
    old = [place for place in places if (made := made_at(place)) is None or made <= before]
    failed = 0
    for place in old:
        if options.dry_run:
            sys.stdout.write(f"would remove {place}\n")
            continue
        try:
            adapter.dispose(place)
        except Exception as error:  # noqa: BLE001 - a client may raise anything, and it is told
            failed += 1
            sys.stdout.write(f"could not remove {place}: {' '.join(str(error).split())}\n")
        else:
            sys.stdout.write(f"removed {place}\n")
    young = len(places) - len(old)
    kept = f"; {young} younger than {options.older_than:g} minutes left alone" if young else ""
    if not old:
        sys.stdout.write(f"nothing to remove{kept}\n")
    elif kept:
        sys.stdout.write(f"{counted(len(old), 'queue')}{kept}\n")
    return 1 if failed else 0


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 <= minutes < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number of minutes from 0 on")
    return minutes
