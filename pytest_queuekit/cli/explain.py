"""`queuekit explain`: rules in full, as a failure's report suggests."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pytest_queuekit.cli.rules import as_explanation, entries, select, write_out

_EXAMPLES = """\
examples:
  queuekit explain ACK-6                      one rule
  queuekit explain stale-completion-refused   the same, by slug
  queuekit explain ACK                        every rule of a family
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "explain",
        help="show a rule in full: its promise, its reason and an example",
        description="Show a rule in full: its promise, reason and needs, with an example.\n"
        "`queuekit rules` lists all rules.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("ids", metavar="ID", nargs="+", help="an id, a slug or a family")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the selected rules in full. Raises UsageError for an unknown id."""
    del rest
    write_out(as_explanation(select(list(entries()), options.ids)))
    return 0
