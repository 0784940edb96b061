"""The pages of the rules on the documentation site: one for each, and an index by family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from pytest_queuekit.cli.rules import RuleEntry, entry_lines
from pytest_queuekit.report.drawing import svg
from pytest_queuekit.report.timeline import timeline
from pytest_queuekit.rules.examples.catalogue import example_of
from pytest_queuekit.rules.examples.proof import calls, culprit

FOLDER = "rules"
"""The folder of the pages, beside the page with the index."""


def index(entries: Sequence[RuleEntry]) -> str:
    """Return the index by family, for the page beside the folder."""
    lines: list[str] = []
    for family in _families(entries):
        lines += [f"## {family[0].family}", "", family[0].about, ""]
        lines += [
            f"- [{entry.id}]({FOLDER}/{entry.id}.md) **{entry.binding}** {entry.sentence}"
            for entry in family
        ]
        lines.append("")
    return "\n".join(lines)


def pages(entries: Sequence[RuleEntry]) -> Iterator[tuple[str, str]]:
    """Yield the name and the Markdown of the page of each rule."""
    for family in _families(entries):
        for entry in family:
            yield f"{entry.id}.md", "\n".join(_page(entry, family))


def _families(entries: Sequence[RuleEntry]) -> Iterator[list[RuleEntry]]:
    for _, family in groupby(entries, key=lambda entry: entry.family):
        yield list(family)


def _page(entry: RuleEntry, family: Sequence[RuleEntry]) -> list[str]:
    above = f"../{FOLDER}.md"
    return [
        f"# {entry.id} {entry.slug}",
        "",
        f"[Rules]({above}) / [{entry.family}]({above}#{entry.family.lower()}): {entry.about}",
        "",
        *entry_lines(entry),
        *_drawing(entry.id),
        "## Run it",
        "",
        f"It runs at the level `{entry.level}` and above. Driver: {entry.driver}. To run it alone:",
        "",
        "```sh",
        entry.command,
        "```",
        "",
        f"## Other rules of {entry.family}",
        "",
        *(f"- [{other.id}]({other.id}.md) {other.slug}" for other in family if other is not entry),
        "",
    ]


def _drawing(rule_id: str) -> list[str]:
    """Return the timeline of the example's proof; nothing for a rule without an example."""
    example = example_of(rule_id)
    drawing = (
        timeline(list(calls(example.proof)), culprit=culprit(example.proof)) if example else None
    )
    if drawing is None:
        return []
    label = f"Timeline of the typical proof of {rule_id}"
    scrolls = f'class="wide" tabindex="0" role="group" aria-label="{label}, which scrolls sideways"'
    return [
        "The example is a change to [one small queue](../example-queue.md). Its proof as a "
        "[timeline](../example-queue.md#timelines):",
        "",
        f"<div {scrolls}>{svg(drawing, label=label)}</div>",
        "",
    ]
