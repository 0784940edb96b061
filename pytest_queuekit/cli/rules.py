"""`queuekit rules`: lists the catalogue, as text, Markdown or JSON."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_queuekit.cli.examples import markdown_lines, text_lines
from pytest_queuekit.cli.output import write_out
from pytest_queuekit.cli.terminal import broken, prose
from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean

if TYPE_CHECKING:
    from pytest_queuekit.rules.rule import Rule

_EXAMPLES = """\
examples:
  queuekit rules                            every rule and performance target
  queuekit rules CLAIM                      one family
  queuekit rules CLAIM-1                    one rule, with its reason
  queuekit rules stale-completion-refused   the same, by slug
  queuekit rules --markdown                 as Markdown
  queuekit rules --json                     as JSON
"""


_MARGIN = " " * 14


@dataclass(frozen=True, kw_only=True)
class RuleEntry:
    """A rule or a performance target, as listed.

    about: the promise of its family. needs: the capabilities that it requires.
    level: the lowest level that runs it. driver: how its actors interleave.
    must_with: the capability with which a SHOULD is a MUST; empty if there is none.
    """

    id: str
    slug: str
    family: str
    about: str
    requirement: str
    sentence: str
    why: str
    needs: tuple[str, ...]
    level: str
    driver: str
    must_with: str = ""

    @property
    def binding(self) -> str:
        """The requirement, with the capability that raises it: "SHOULD (MUST with forks)"."""
        raised = f" (MUST with {self.must_with})" if self.must_with else ""
        return f"{self.requirement}{raised}"

    @property
    def command(self) -> str:
        """The command that runs it alone."""
        return f"pytest queue-validate::{self.id}"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "rules",
        help="list the rules and targets, or some of them",
        description="List the rules and performance targets of the catalogue.\n"
        "`queuekit explain` shows a rule in full.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "ids", metavar="ID", nargs="*", help="an id, a slug or a family; default: everything"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--markdown", action="store_true", help="print Markdown")
    group.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the selected entries. Raises UsageError for an unknown id."""
    del rest
    chosen = select(list(entries()), options.ids)
    write: Callable[[Sequence[RuleEntry]], str] = as_text
    if options.markdown or options.json:
        write = as_markdown if options.markdown else as_json
    elif options.ids and len(chosen) == len(options.ids):
        write = as_explanation
    write_out(write(chosen))
    return 0


def entries() -> Iterator[RuleEntry]:
    """Yield all rules, then the performance targets."""
    # Imported here so that the other commands need not load the whole kit.
    from pytest_queuekit.performance.targets import TARGETS
    from pytest_queuekit.rules.catalogue import FAMILIES

    for family in FAMILIES:
        for rule in family.rules:
            yield entry_of(rule, family=family.name, about=family.about)
    for target in TARGETS:
        yield RuleEntry(
            id=target.id,
            slug=target.slug,
            family="PERF",
            about="The queue meets its performance targets.",
            requirement="MUST",
            sentence=target.sentence,
            why=target.why,
            needs=tuple(need.value for need in target.needs),
            level="quick",
            driver="benchmark",
        )


def entry_of(rule: Rule, *, family: str, about: str) -> RuleEntry:
    """Return a rule as listed."""
    return RuleEntry(
        id=rule.id,
        slug=rule.slug,
        family=family,
        about=about,
        requirement=rule.requirement.value,
        sentence=rule.sentence,
        why=rule.why,
        needs=tuple(need.value for need in rule.needs),
        level=rule.level.name.lower(),
        driver=", ".join(rule.driver_names),
        must_with=rule.must_with.value if rule.must_with else "",
    )


def select(known: Sequence[RuleEntry], ids: Sequence[str]) -> list[RuleEntry]:
    """Return the entries with these ids, slugs or families; all entries if none is given.

    Capitals make no difference. Raises UsageError for an unknown name.
    """
    if not ids:
        return list(known)
    names = {name for entry in known for name in (entry.id, entry.slug, entry.family)}
    folded = {name.casefold() for name in names}
    for name in ids:
        if name.casefold() not in folded:
            hint = did_you_mean(name, names)
            raise UsageError(f"ID={name}: no rule, target or family has this id or slug{hint}")
    wanted = {name.casefold() for name in ids}
    return [
        entry
        for entry in known
        if wanted & {entry.id.casefold(), entry.slug, entry.family.casefold()}
    ]


def as_text(chosen: Sequence[RuleEntry]) -> str:
    """Return each rule's id, slug and sentence, under the names of the families."""
    lines: list[str] = []
    family = ""
    for entry in chosen:
        if entry.family != family:
            lines += [""] * bool(lines) + [f"{entry.family}: {entry.about}"]
            family = entry.family
        lines.append(f"  {entry.id:<12}{entry.slug:<40}{entry.binding}")
        lines += textwrap.wrap(
            entry.sentence, 80, initial_indent=_MARGIN, subsequent_indent=_MARGIN
        )
    return "\n".join(lines) + "\n"


def as_explanation(chosen: Sequence[RuleEntry]) -> str:
    """Return every field of a few rules, and their examples."""
    width = prose()
    return "\n".join(explain(entry, width) for entry in chosen)


def explain(entry: RuleEntry, width: int, *, run: str = "") -> str:
    """Return every field of a rule, and its example, in lines of at most `width` columns.

    run: the command that runs it alone; by default by its node id.
    """
    fields = {
        entry.requirement.lower(): entry.sentence,
        "why": entry.why,
        **({"must": f"where the queue declares {entry.must_with}"} if entry.must_with else {}),
        "needs": ", ".join(entry.needs) or "only enqueue and claim",
        "level": f"{entry.level} and above",
        "driver": entry.driver,
        "run": run or entry.command,
    }
    example = "\n".join(broken("\n".join(text_lines(entry.id)), width))
    text = fields_as_text(f"{entry.id} {entry.slug}", fields, width)
    return text + (f"{example}\n" if example else "")


def fields_as_text(head: str, fields: Mapping[str, str], width: int) -> str:
    """Return a head, and a paragraph of at most `width` columns for each field below it."""
    lines = textwrap.wrap(head, width, subsequent_indent="  ")
    for name, text in fields.items():
        lines += textwrap.wrap(
            text,
            width,
            initial_indent=f"  {name:<8}",
            subsequent_indent=" " * 10,
            break_on_hyphens=False,
        )
    return "\n".join(lines) + "\n"


def as_markdown(chosen: Sequence[RuleEntry]) -> str:
    """Return one section per family, with one entry and one example per rule."""
    lines: list[str] = []
    family = ""
    for entry in chosen:
        if entry.family != family:
            lines += [f"## {entry.family}", "", entry.about, ""]
            family = entry.family
        lines += [f"### {entry.id} {entry.slug}", "", *entry_lines(entry)]
    return "\n".join(lines)


def entry_lines(entry: RuleEntry) -> list[str]:
    """Return what follows the heading of a rule in a document."""
    needs = ", ".join(f"`{need}`" for need in entry.needs)
    raised = f" (**MUST** with `{entry.must_with}`)" if entry.must_with else ""
    return [
        f"**{entry.requirement}**{raised} {entry.sentence}",
        "",
        entry.why,
        "",
        f"Needs {needs}." if needs else "Applies to every queue.",
        "",
        *markdown_lines(entry.id),
    ]


def as_json(chosen: Sequence[RuleEntry]) -> str:
    """Return a JSON list with one object per entry."""
    return json.dumps([vars(entry) for entry in chosen], indent=2) + "\n"
