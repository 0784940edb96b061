"""`queuekit vendor`: copies of the reference queue in the trees of those who use it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pytest_queuekit.cli import vendoring as vendor

_EXAMPLES = """\
examples:
  queuekit vendor Client/Backend/src/queue           copy, or bring up to date
  queuekit vendor Client/Backend/src/queue --check   exit 1 unless it is current
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "vendor",
        help="copy the reference queue into a folder",
        description="Copy the reference queue, its docs included, into a folder.\n"
        "Files that were changed by hand are never overwritten without --force.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("directory", metavar="DIR", help="where the copy is, or shall be")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="only tell whether the copy is current")
    group.add_argument(
        "--force", action="store_true", help="renew changed files too; each is kept as NAME.orig"
    )


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Copy or compare; return 1 for a copy that is not current, or has changes to keep."""
    del rest
    if options.check:
        return _check(options.directory)
    try:
        done = vendor.copy_out(options.directory, force=options.force)
    except vendor.ChangedCopyError as error:
        sys.stderr.write(f"queuekit: {error}\n")
        return 1
    print_copy(done)
    return 0


def print_copy(done: vendor.CopyReport) -> None:
    """Tell what was done."""
    counts = {"written": len(done.written), "removed": len(done.removed)}
    told = ", ".join(
        f"{count} file{'s' * (count != 1)} {what}" for what, count in counts.items() if count
    )
    told = told or "it was current, nothing was written"
    lines = [f"{done.directory}: the reference queue {done.version}; {told}"]
    lines += [f"  kept: {path}" for path in done.kept]
    sys.stdout.write("\n".join(lines) + "\n")


def _check(directory: str) -> int:
    state = vendor.check(directory)
    if state.is_current:
        sys.stdout.write(f"{state.directory}: current\n")
        return 0
    lines = [f"{state.directory}: not current (copied from {state.version or 'no known version'})"]
    for kind in ("missing", "outdated", "obsolete", "changed"):
        lines += [f"  {kind}: {path}" for path in getattr(state, kind)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1
