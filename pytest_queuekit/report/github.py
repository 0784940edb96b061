"""Findings as workflow commands of GitHub Actions, which it shows beside the lines
(https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_queuekit.model.verdict import Place, Verdict

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def as_annotations(verdicts: Iterable[Verdict]) -> str:
    """Return a command for each finding of a review."""
    return "".join(
        f"{command(finding.place, f'{finding.kind} {finding.title}', finding.detail)}\n"
        for verdict in verdicts
        for finding in verdict.findings
    )


def command(place: Place | None, title: str, message: str) -> str:
    """Return the workflow command that shows an error, beside its line if it has one."""
    properties = {"title": title}
    if place is not None:
        properties = {
            "file": place.path,
            "line": str(place.line),
            "endLine": str(place.end_line),
            "col": str(place.column),
            "title": title,
        }
    listed = ",".join(f"{name}={_escaped(text, _PROPERTY)}" for name, text in properties.items())
    return f"::error {listed}::{_escaped(message, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)
