"""A run as one HTML file, for people: matrix, failures with timelines, measurements.

The file needs no network and no other file. `html_parts` beside this module has its template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.history import Operation
from pytest_queuekit.model.run_result import Explanation, RunResult
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.report.drawing import LEGEND, palette, style, svg
from pytest_queuekit.report.failure import calls_of, describe, headline, when
from pytest_queuekit.report.formats import HTML_NEEDS
from pytest_queuekit.report.lines import figure
from pytest_queuekit.report.matrix import Column, columns, families, word
from pytest_queuekit.report.timeline import timeline

_PARTS = Path(__file__).with_name("html_parts")
_DRAWING = "Timeline of the calls that the table below lists"


def as_html(result: RunResult) -> str:
    """Return the page about one run. Raises UsageError without jinja2."""
    return page({"": result})


def page(runs: dict[str, RunResult]) -> str:
    """Return the page about one or more runs, by a name that tells them apart.

    Raises UsageError without jinja2.
    """
    try:
        import jinja2
        import markupsafe
    except ImportError as error:
        raise UsageError(f"the html format {HTML_NEEDS}") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PARTS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["figure"] = figure
    environment.filters["marked"] = lambda text, names: markupsafe.Markup(  # noqa: S704 - escaped
        _marked(str(markupsafe.escape(text)), [str(markupsafe.escape(name)) for name in names])
    )
    template = environment.get_template("page.html")
    return template.render(_content(runs))


def _marked(text: str, names: Sequence[str]) -> str:
    """Return escaped text with actors, which stand in backquotes, and tasks in code font."""
    tasks = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"
    return re.sub(
        rf"`([^`]*)`|(?<![\w-])({tasks})(?![\w-])",
        lambda match: f"<code>{match[1] or match[2]}</code>",
        text,
    )


@dataclass(frozen=True, kw_only=True)
class _Call:
    """A call in the table of a proof. claim: the number of the claim that it acknowledges."""

    number: int
    when: str
    actor: str
    text: str
    claim: int | None
    raised_at: str | None


@dataclass(frozen=True, kw_only=True)
class _Failure:
    """A check that is not kept, as the page shows it.

    anchor: its id in the page. cause: the id of the failure that shows its proof; or empty.
    tasks: the labels of the tasks in its proof.
    drawing: the timeline of its proof; empty without calls.
    """

    anchor: str
    cause: str
    verdict: Verdict
    queue: str
    title: str
    detail: str
    tasks: Sequence[str]
    calls: Sequence[_Call]
    drawing: str
    why: Explanation | None


def _content(runs: dict[str, RunResult]) -> dict[str, Any]:
    table = columns(runs)
    checks = [(column.title, each) for column in table for each in column.verdicts.values()]
    failures = [
        _failure(verdict, column, place)
        for place, column in enumerate(table)
        for verdict in column.verdicts.values()
        if verdict.status is Status.FAIL
    ]
    anchors = {(each.queue, each.verdict.rule): each.anchor for each in failures}
    listed = sorted(failures, key=lambda each: (not each.verdict.failed, -len(each.verdict.also)))
    shown = {each.anchor for each in failures if not each.cause}
    return {
        "columns": table,
        "families": [(family, list(_rows(family, table, anchors))) for family in families(table)],
        "failures": [each for each in listed if each.cause not in shown],
        "caused": [each for each in listed if each.cause in shown],
        "failed": len(failures),
        "measured": [
            (queue, verdict, verdict.measurement)
            for queue, verdict in checks
            if verdict.measurement
        ],
        "waived": _having(checks, Status.WAIVED),
        "untested": _having(checks, Status.NOT_RUN) + _having(checks, Status.ERROR),
        "inapplicable": _having(checks, Status.NOT_APPLICABLE),
        "runs": runs,
        "legend": LEGEND,
        "notes": [
            line
            for result in runs.values()
            for line in (*result.warnings, *result.unmet, *result.errors)
        ],
        "style": palette() + style() + (_PARTS / "page.css").read_text(encoding="utf-8"),
        "script": (_PARTS / "page.js").read_text(encoding="utf-8"),
    }


def _rows(
    family: str, table: Sequence[Column], anchors: dict[tuple[str, str], str]
) -> Iterator[tuple[Verdict, list[dict[str, str]]]]:
    """Yield each check of a family, with a cell for each column."""
    known = {each.rule: each for column in table for each in column.of(family)}
    for rule, verdict in known.items():
        cells = []
        for column in table:
            own = column.verdicts.get(rule)
            cells.append(
                {
                    "word": word(own),
                    "kind": _kind(own),
                    "anchor": anchors.get((column.title, rule), ""),
                    "reason": str(own.reason or "") if own else "",
                }
            )
        yield verdict, cells


def _kind(verdict: Verdict | None) -> str:
    """Return the class of a cell: "pass", "fail", "advice", "waived", "none" or "open"."""
    if verdict is None or verdict.status is Status.NOT_APPLICABLE:
        return "none"
    if verdict.status is Status.FAIL:
        return "fail" if verdict.failed else "advice"
    kinds = {Status.PASS: "pass", Status.WAIVED: "waived"}
    return kinds.get(verdict.status, "open")


def _having(checks: Sequence[tuple[str, Verdict]], status: Status) -> list[tuple[str, Verdict]]:
    return [(queue, verdict) for queue, verdict in checks if verdict.status is status]


def _failure(verdict: Verdict, column: Column, place: int) -> _Failure:
    faults = verdict.violations or verdict.findings
    proven = verdict.violations and not verdict.same_as
    witness = verdict.violations[0].witness if proven else ()
    drawing = timeline(witness)
    return _Failure(
        anchor=f"f{place}-{verdict.rule}",
        cause=verdict.same_as and f"f{place}-{verdict.same_as}",
        verdict=verdict,
        queue=column.title,
        title=(faults[0].title if faults else "") or verdict.sentence.rstrip("."),
        detail=faults[0].detail if faults else headline(verdict),
        tasks=sorted({operation.task for operation in witness if operation.task}),
        calls=list(_calls(witness)),
        drawing=svg(drawing, label=_DRAWING) if drawing else "",
        why=column.explanations.get(verdict.rule),
    )


def _calls(witness: Sequence[Operation]) -> Iterator[_Call]:
    batches = calls_of(witness)
    numbers = {call.number: number for number, batch in enumerate(batches, 1) for call in batch}
    for number, (call, *others) in enumerate(batches, start=1):
        yield _Call(
            number=number,
            when=when(call),
            actor=call.actor,
            text=describe(call, *others),
            claim=None if call.claim is None else numbers.get(call.claim),
            raised_at=call.raised_at,
        )
