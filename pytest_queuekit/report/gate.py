"""The scoreboard of the success criteria: as lines, as Markdown, and as properties."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.scoreboard import Criterion, Scoreboard, Standing
from pytest_queuekit.report.lines import Line, Tone, markdown_cell, printable, wrapped

_TONES = {Standing.MET: Tone.GOOD, Standing.NOT_MET: Tone.BAD, Standing.UNKNOWN: Tone.CAREFUL}
_WORDS = {Standing.MET: "met", Standing.NOT_MET: "NOT MET", Standing.UNKNOWN: "unknown"}


def report(board: Scoreboard) -> Iterator[Line]:
    """Yield the section at the end of a run."""
    if board.audience:
        yield Line(board.audience, Tone.HEAD)
    for one in board.criteria:
        yield Line(f"  {one.number}  {_WORDS[one.standing]:<7}  {one.asks}", _TONES[one.standing])
        for sentence in one.evidence:
            yield from map(Line, wrapped(sentence, indent=" " * 14, hanging="  "))
    yield Line("")
    tone = Tone.GOOD if board.complete else Tone.BAD
    yield from (Line(text, tone) for text in wrapped(f"queue gate: {board.closing()}"))


def as_markdown(board: Scoreboard) -> str:
    """Return the scoreboard for a step summary of GitHub Actions
    (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)."""
    title = f"## Queue gate{f': {markdown_cell(board.audience)}' if board.audience else ''}"
    rows = [
        f"| {one.number} | {markdown_cell(one.asks)} | {one.standing} | {_evidence(one)} |"
        for one in board.criteria
    ]
    head = ["|   | criterion |   | evidence |", "|---|---|---|---|"]
    return "\n".join([title, "", *head, *rows, "", f"**{board.closing()}**", ""])


def properties(board: Scoreboard) -> Iterator[tuple[str, str]]:
    """Yield names and values for a JUnit file."""
    for one in board.criteria:
        told = "; ".join(map(printable, one.evidence))
        yield f"queue_gate_{one.number}", f"{one.standing}: {told}"
    yield "queue_gate", "complete" if board.complete else "not complete"


def _evidence(one: Criterion) -> str:
    return "<br>".join(map(markdown_cell, one.evidence))
