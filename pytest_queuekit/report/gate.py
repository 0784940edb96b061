"""The scoreboard of the success criteria as lines, as Markdown and as properties."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.scoreboard import Scoreboard, Standing
from pytest_queuekit.report.lines import Line, Tone, markdown_cell, printable, wrapped

_TONES = {Standing.MET: Tone.GOOD, Standing.NOT_MET: Tone.BAD, Standing.UNKNOWN: Tone.CAREFUL}
_WORDS = {Standing.MET: "met", Standing.NOT_MET: "NOT MET", Standing.UNKNOWN: "unknown"}


def report(board: Scoreboard) -> Iterator[Line]:
    """Yield the section at the end of a run."""
    if board.teams:
        yield Line(board.teams, Tone.HEAD)
    for criterion in board.criteria:
        standing = criterion.standing
        head = f"  {criterion.number}  {_WORDS[standing]:<7}  {criterion.asks}"
        yield Line(head, _TONES[standing])
        for sentence in criterion.evidence:
            yield from map(Line, wrapped(sentence, indent=" " * 14, hanging="  "))
    yield Line("")
    tone = Tone.GOOD if board.complete else Tone.BAD
    yield from (Line(text, tone) for text in wrapped(f"queue gate: {board.closing()}"))


def as_markdown(board: Scoreboard) -> str:
    """Return the scoreboard for a step summary of GitHub Actions
    (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)."""
    title = f"## Queue gate{f': {markdown_cell(board.teams)}' if board.teams else ''}"
    rows = [
        f"| {criterion.number} | {markdown_cell(criterion.asks)} | {criterion.standing} "
        f"| {'<br>'.join(map(markdown_cell, criterion.evidence))} |"
        for criterion in board.criteria
    ]
    head = ["|   | criterion |   | evidence |", "|---|---|---|---|"]
    return "\n".join([title, "", *head, *rows, "", f"**{board.closing()}**", ""])


def properties(board: Scoreboard) -> Iterator[tuple[str, str]]:
    """Yield the properties of a JUnit file, as names and values."""
    for criterion in board.criteria:
        evidence = "; ".join(map(printable, criterion.evidence))
        yield f"queue_gate_{criterion.number}", f"{criterion.standing}: {evidence}"
    yield "queue_gate", "complete" if board.complete else "not complete"
