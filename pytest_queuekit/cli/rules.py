"""`queuekit rules`: the catalogue, as text, Markdown or JSON."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean

_EXAMPLES = """\
examples:
  queuekit rules                 all rules, a sentence each
  queuekit rules CLAIM           one family
  queuekit rules CLAIM-1         one rule, with the reason for it
  queuekit rules --markdown      for a document
  queuekit rules --json          for a program
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A rule or a target of performance, as it is listed.

    about: the promise of its family. needs: capabilities without which it does not apply.
    level: from which it is run. driver: how its actors are interleaved.
    """

    id: str
    family: str
    about: str
    requirement: str
    sentence: str
    why: str
    needs: tuple[str, ...]
    level: str
    driver: str


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "rules",
        help="list the rules, or explain one",
        description="List the rules that a queue is held to.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("ids", metavar="ID", nargs="*", help="a rule or a family; all without one")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--markdown", action="store_true", help="as Markdown")
    group.add_argument("--json", action="store_true", help="as JSON")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the entries. Raises UsageError for an id that is none."""
    del rest
    chosen = select(list(entries()), options.ids)
    write: Callable[[Sequence[Entry]], str] = as_text
    if options.markdown or options.json:
        write = as_markdown if options.markdown else as_json
    elif options.ids and len(chosen) == len(options.ids):
        write = as_explanation
    sys.stdout.write(write(chosen))
    return 0


def entries() -> Iterator[Entry]:
    """Yield all rules, and after them the targets of performance."""
    # Here and not above: the other commands shall not wait for the whole kit to be loaded.
    from pytest_queuekit.performance.targets import TARGETS
    from pytest_queuekit.rules.catalogue import FAMILIES

    for family in FAMILIES:
        for rule in family.rules:
            yield Entry(
                id=rule.id,
                family=family.name,
                about=family.about,
                requirement=rule.requirement.value,
                sentence=rule.sentence,
                why=rule.why,
                needs=tuple(need.value for need in rule.needs),
                level=rule.level.name.lower(),
                driver=", ".join(rule.driver_names),
            )
    for target in TARGETS:
        yield Entry(
            id=target.id,
            family="PERF",
            about="What is promised is also fast enough.",
            requirement="MUST",
            sentence=target.sentence,
            why=target.why,
            needs=tuple(need.value for need in target.needs),
            level="quick",
            driver="benchmark",
        )


def select(known: Sequence[Entry], ids: Iterable[str]) -> list[Entry]:
    """Return the entries of these ids or families, all without any. Raises UsageError."""
    wanted = [one.upper() for one in ids]
    if not wanted:
        return list(known)
    names = {name for entry in known for name in (entry.id, entry.family)}
    for one in wanted:
        if one not in names:
            hint = did_you_mean(one, names)
            raise UsageError(f"ID={one}: there is no such rule and no such family{hint}")
    return [entry for entry in known if entry.id in wanted or entry.family in wanted]


def as_text(chosen: Sequence[Entry]) -> str:
    """Return a line or two a rule, under the names of the families."""
    lines: list[str] = []
    family = ""
    for entry in chosen:
        if entry.family != family:
            lines += [""] * bool(lines) + [f"{entry.family}: {entry.about}"]
            family = entry.family
        head = f"  {entry.id:<12}{entry.requirement:<7}"
        lines += textwrap.wrap(
            entry.sentence, 80, initial_indent=head, subsequent_indent=" " * len(head)
        )
    return "\n".join(lines) + "\n"


def as_explanation(chosen: Sequence[Entry]) -> str:
    """Return all that there is to say about a few rules."""
    return "\n".join(_explain(entry) for entry in chosen)


def _explain(entry: Entry) -> str:
    told = {
        "why": entry.why,
        "needs": ", ".join(entry.needs) or "nothing but enqueue and claim",
        "run": f"from level {entry.level}, by {entry.driver}",
        "alone": f"pytest queue-validate::{entry.id}",
    }
    lines = textwrap.wrap(f"{entry.id} {entry.requirement}: {entry.sentence}", 80)
    for name, text in told.items():
        lines += textwrap.wrap(text, 80, initial_indent=f"  {name:<7}", subsequent_indent=" " * 9)
    return "\n".join(lines) + "\n"


def as_markdown(chosen: Sequence[Entry]) -> str:
    """Return a section a family, with an entry a rule."""
    lines: list[str] = []
    family = ""
    for entry in chosen:
        if entry.family != family:
            lines += [f"## {entry.family}", "", entry.about, ""]
            family = entry.family
        needs = ", ".join(f"`{need}`" for need in entry.needs)
        lines += [f"### {entry.id}", "", f"**{entry.requirement}** {entry.sentence}", ""]
        lines += [entry.why, ""] if entry.why else []
        lines += [f"Needs {needs}." if needs else "Applies to every queue.", ""]
    return "\n".join(lines)


def as_json(chosen: Sequence[Entry]) -> str:
    """Return a list of objects."""
    return json.dumps([vars(entry) for entry in chosen], indent=2) + "\n"
