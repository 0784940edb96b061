"""`queuekit explain`: rules, checks and criteria in full, as a failure's report suggests."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from pytest_queuekit.cli.explanations import Explanation, explanations
from pytest_queuekit.cli.output import write_out
from pytest_queuekit.cli.terminal import prose
from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean

_EXAMPLES = """\
examples:
  queuekit explain ACK-6                      one rule
  queuekit explain stale-completion-refused   the same, by slug
  queuekit explain ACK                        every rule of a family
  queuekit explain QR104 schema-integrity     a code of the review, a check
  queuekit explain queue_gate_4               a criterion of the gate
  queuekit explain 'queue-gate::LOAD-1[reference]'   by node id
"""

_NODE_ID = re.compile(r"(?:queue-\w+::)?(?P<name>.+?)(?:-lane-\d+)?(?:\[.*\])?")
"""The name of a check, perhaps in a node id: "queue-validate::RACE-1-lane-2[reference]"."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "explain",
        help="show a rule or check in full: its promise, its reason and an example",
        description="Show a rule in full: its promise, reason and needs, with an example; or any\n"
        "other id that a run prints. `queuekit rules` lists all rules.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("ids", metavar="ID", nargs="+", help="an id, a slug or a family")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the explanations. Raises UsageError for an unknown id."""
    del rest
    width = prose()
    write_out("\n".join(chosen.text(width) for chosen in _chosen(options.ids)))
    return 0


def _chosen(names: Sequence[str]) -> list[Explanation]:
    """Return what these ids, slugs and families mean. Capitals make no difference."""
    known = list(explanations())
    meanings = [{name.casefold() for name in (each.id, *each.others)} for each in known]
    spelt = {name for each in known for name in (each.id, *each.others)}
    wanted = set()
    for name in names:
        match = _NODE_ID.fullmatch(name.strip())
        word = (match["name"] if match else name).casefold()
        if not any(word in meaning for meaning in meanings):
            hint = did_you_mean(word, spelt)
            raise UsageError(f"ID={name}: no rule, check or criterion has this id or slug{hint}")
        wanted.add(word)
    return [each for each, meaning in zip(known, meanings, strict=True) if meaning & wanted]
