"""The findings of a review as workflow commands, which GitHub Actions shows beside the lines
(https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_queuekit.model.verdict import Verdict, Violation

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def as_annotations(verdicts: Iterable[Verdict]) -> str:
    """Return a command for each finding."""
    violations = (each for verdict in verdicts for each in verdict.violations)
    return "".join(f"{_command(violation)}\n" for violation in violations)


def _command(violation: Violation) -> str:
    place = violation.place
    values = {"title": f"{violation.kind} {violation.title}".rstrip()}
    if place is not None:
        values = {
            "file": place.path,
            "line": str(place.line),
            "endLine": str(place.end_line),
            "col": str(place.column),
            **values,
        }
    properties = ",".join(f"{name}={_escaped(text, _PROPERTY)}" for name, text in values.items())
    return f"::error {properties}::{_escaped(violation.detail, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)
