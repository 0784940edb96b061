"""`queuekit vendor`: copies the reference queue into a project's own tree."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pytest_queuekit.cli import vendoring
from pytest_queuekit.report.lines import counted

_EXAMPLES = """\
examples:
  queuekit vendor Client/Backend/src/queue           copy or update
  queuekit vendor Client/Backend/src/queue --check   exit 1 unless it is current
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "vendor",
        help="copy the reference queue into a folder",
        description="Copy the reference queue and its documentation into a folder. Without\n"
        "--force, the command never overwrites a file that you changed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("directory", metavar="DIR", help="the folder of the copy")
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--check", action="store_true", help="only report whether the copy is current"
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="overwrite files that you changed, after saving each as NAME.orig",
    )


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Copy or compare; return 1 if the copy is not current or was changed by hand."""
    del rest
    if options.check:
        return _check(options.directory)
    try:
        done = vendoring.copy_out(options.directory, force=options.force)
    except vendoring.ChangedCopyError as error:
        sys.stderr.write(f"queuekit: {error}\n")
        return 1
    print_copy(done)
    return 0


def print_copy(done: vendoring.CopyReport) -> None:
    """Print what was written, removed and kept."""
    counts = {"written": len(done.written), "removed": len(done.removed)}
    changes = ", ".join(
        f"{counted(count, 'file')} {verb}" for verb, count in counts.items() if count
    )
    changes = changes or "it was current, nothing was written"
    lines = [f"{done.directory}: the reference queue {done.version}; {changes}"]
    lines += [f"  kept: {path}" for path in done.kept]
    sys.stdout.write("\n".join(lines) + "\n")


def _check(directory: str) -> int:
    state = vendoring.check(directory)
    if state.is_current:
        sys.stdout.write(f"{state.directory}: current\n")
        return 0
    lines = [f"{state.directory}: not current (copied from {state.version or 'no known version'})"]
    for kind in ("missing", "outdated", "obsolete", "changed"):
        lines += [f"  {kind}: {path}" for path in getattr(state, kind)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1
