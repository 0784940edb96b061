"""What a review found, as workflow commands of GitHub Actions, which it shows beside the lines
(https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_queuekit.model.verdict import Verdict, Violation

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def as_annotations(verdicts: Iterable[Verdict]) -> str:
    """Return a command a finding."""
    found = (one for verdict in verdicts for one in verdict.violations)
    return "".join(f"{_command(one)}\n" for one in found)


def _command(one: Violation) -> str:
    place = one.place
    told = {"title": one.kind}
    if place is not None:
        told = {
            "file": place.path,
            "line": str(place.line),
            "endLine": str(place.end_line),
            "col": str(place.column),
            "title": one.kind,
        }
    properties = ",".join(f"{name}={_escaped(text, _PROPERTY)}" for name, text in told.items())
    return f"::error {properties}::{_escaped(one.detail, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)
