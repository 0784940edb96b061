"""A mapping from the lines of a log to the calls of a history, as a file of TOML says it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_queuekit.errors import HistoryError, UsageError
from pytest_queuekit.histories.calls import ARGUMENTS, KEYS
from pytest_queuekit.histories.head import Head
from pytest_queuekit.histories.words import check_words
from pytest_queuekit.model.history import Outcome, Verb

_RESULTS = ("payload", "task_id", "attempt", "token")
FIELDS = (
    *(key for key in KEYS if key not in ("arguments", "result")),
    *sorted({f"arguments.{name}" for names in ARGUMENTS.values() for name in names}),
    *(f"result.{name}" for name in _RESULTS),
)
"""What a column or key of a log may hold."""

_TABLES = ("head", "fields", "defaults", "verbs", "outcomes", "ignore", "pair", "zone", "delimiter")
_PAIR = ("id", "event", "begin", "end")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two lines of one call: `event` is `begin` or `end`, and both have the same `id`."""

    id: str
    event: str
    begin: str
    end: str


@dataclass(frozen=True, kw_only=True)
class LogMapping:
    """How to read a log.

    head: as that of a history file.
    fields: the column, or the key with dots for nested ones, of each field of a call.
    defaults: the values of fields that a line lacks.
    verbs, outcomes: the words of the log, and those of a history.
    ignore: the verbs of lines that are no calls.
    pair: how a call's two lines are found; None if each line is a call.
    zone: what is added to times without a time zone.
    delimiter: what separates the columns of a CSV file.
    """

    head: Head
    fields: Mapping[str, str]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    pair: Pair | None = None
    zone: str = ""
    delimiter: str = ","


def read_mapping(path: Path) -> LogMapping:
    """Read a mapping. Raises UsageError with the file, the word and a suggestion."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _mapping(data)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (HistoryError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from error


def _mapping(data: Mapping[str, Any]) -> LogMapping:
    check_words("a mapping", data, _TABLES)
    for name in ("head", "fields", "defaults", "verbs", "outcomes", "pair"):
        if not isinstance(data.get(name, {}), dict):
            raise ValueError(f"{name} must be a table")
    fields, pair = data.get("fields", {}), data.get("pair")
    for name in ("fields", "defaults"):
        check_words(name, data.get(name, {}), FIELDS)
    for name in ("actor", "verb", "start"):
        if name not in {**fields, **data.get("defaults", {})}:
            raise ValueError(f'fields lacks {name}: give its column, as {name} = "{name}_column"')
    _check_values("verbs", data.get("verbs", {}), Verb)
    _check_values("outcomes", data.get("outcomes", {}), Outcome)
    if pair is not None:
        check_words("pair", pair, _PAIR)
        if missing := [word for word in _PAIR if word not in pair]:
            raise ValueError(f"pair lacks {', '.join(missing)}")
    _check_columns("fields", fields)
    _check_columns("pair", {name: pair[name] for name in ("id", "event")} if pair else {})
    _check_form(data)
    return LogMapping(
        **{
            **data,
            "head": Head.declared(data.get("head", {})),
            "fields": fields,
            "ignore": frozenset(data.get("ignore", ())),
            "pair": None if pair is None else Pair(**pair),
        }
    )


def _check_values(where: str, given: Mapping[str, Any], known: type[Verb] | type[Outcome]) -> None:
    for word, value in given.items():
        check_words(f"{where}: {word!r}", [str(value)], known)


def _check_columns(where: str, columns: Mapping[str, Any]) -> None:
    for name, column in columns.items():
        if not isinstance(column, str):
            raise ValueError(f"{where}: {name}={column!r} must be the name of a column or key")


def _check_form(data: Mapping[str, Any]) -> None:
    """Raise ValueError for a wrong type of a value beside the tables."""
    ignore = data.get("ignore", [])
    if not isinstance(ignore, list) or not all(isinstance(word, str | int) for word in ignore):
        raise ValueError(f"ignore={ignore!r} must be a list of words")
    delimiter = data.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in "\r\n":
        raise ValueError(f"delimiter={delimiter!r} must be one character")
    if not isinstance(data.get("zone", ""), str):
        raise ValueError(f"zone={data['zone']!r} must be a text, such as '+01:00'")
