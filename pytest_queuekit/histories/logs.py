"""Reads logs of CSV or JSON lines as the calls of a history, by a mapping."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TextIO

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.histories.calls import NUMBERS
from pytest_queuekit.histories.mapping import LogMapping, Pair
from pytest_queuekit.histories.reading import Source, objects
from pytest_queuekit.model.history import Verb
from pytest_queuekit.suggest import did_you_mean

_WHOLE = ("number", "claim")
_MARK = "\ufeff"
"""The byte-order mark, with which spreadsheets begin a CSV file."""
_VERBS = frozenset(verb.value for verb in Verb)


def open_log(name: str, lines: TextIO, mapping: LogMapping) -> Source:
    """Return the calls of a log: of columns if its name ends in .csv, else of JSON lines.

    Raises HistoryError.
    """
    rows = _rows(name, lines, mapping) if name.endswith(".csv") else objects(name, lines)
    half_known: set[str] = set()
    calls = _Translation(name, mapping, half_known).calls(rows)
    return Source(name=name, head=mapping.head, calls=calls, half_known=half_known)


def _rows(name: str, lines: TextIO, mapping: LogMapping) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(lines, delimiter=mapping.delimiter)
    try:
        columns = [column.removeprefix(_MARK) for column in reader.fieldnames or ()]
        reader.fieldnames = columns
        for field, column in mapping.fields.items():
            if column not in columns:
                raise HistoryError(
                    f"{name}, line 1: there is no column {column!r} for {field}"
                    f"{did_you_mean(column, columns)}"
                )
        for row in reader:
            yield reader.line_num, {column: text for column, text in row.items() if text}
    except csv.Error as error:
        raise HistoryError(f"{name}, line {reader.reader.line_num}: no CSV: {error}") from None


class _Translation:
    """Turns the lines of one log into calls."""

    def __init__(self, name: str, mapping: LogMapping, half_known: set[str]) -> None:
        self._name = name
        self._mapping = mapping
        self._half_known = half_known
        self._paths = {field: path.split(".") for field, path in mapping.fields.items()}
        self._pending: dict[str, tuple[int, dict[str, Any]]] = {}

    def calls(self, rows: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each call as the format of a history has it, with its line."""
        pair = self._mapping.pair
        for line, row in rows:
            if type(row) is not dict:
                raise HistoryError(f"{self._name}, line {line}: this is no JSON object")
            fields = self._fields(row)
            if not self._is_call(fields, line):
                continue
            if pair is None:
                yield line, self._call(fields, line)
            elif both := self._joined(pair, row, fields, line):
                yield line, self._call(both, line)
        for line, begun in self._pending.values():
            begun.pop("end", None)
            yield line, self._call(begun, line)

    def _fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        fields = dict(self._mapping.defaults)
        for field, path in self._paths.items():
            value = row.get(".".join(path))
            if value is None:
                value = _nested(row, path)
            if value is not None:
                fields[field] = value
        return fields

    def _is_call(self, fields: dict[str, Any], line: int) -> bool:
        """Put the verb of a history in the place of the log's; False for a line of other things."""
        word = fields.get("verb")
        if isinstance(word, list | dict):
            raise HistoryError(f"{self._name}, line {line}: verb={word!r:.60} is no word")
        if word is None or word in self._mapping.ignore:
            return False
        verb = self._mapping.verbs.get(word, word)
        if verb not in _VERBS:
            known = [*self._mapping.verbs, *_VERBS]
            raise HistoryError(
                f"{self._name}, line {line}: the mapping has no verb for {word!r}"
                f"{did_you_mean(str(word), known)}; add it to verbs, or to ignore"
            )
        fields["verb"] = verb
        return True

    def _joined(
        self, pair: Pair, row: Mapping[str, Any], fields: dict[str, Any], line: int
    ) -> dict[str, Any] | None:
        """Return the fields of both lines of a call at its second line, else None.

        The call starts at the time of the first line, and ends at that of the second.
        """
        event, key = (_nested(row, path.split(".")) for path in (pair.event, pair.id))
        if key is None or event not in (pair.begin, pair.end):
            raise HistoryError(
                f"{self._name}, line {line}: {pair.event}={event!r}, {pair.id}={key!r}: a call has "
                f"an id, and {pair.event} is {pair.begin!r} or {pair.end!r}"
            )
        if event == pair.begin:
            self._pending[str(key)] = line, fields
            return None
        if str(key) not in self._pending:
            self._note_unbegun(fields, line)
            return None
        _, begun = self._pending.pop(str(key))
        return {**begun, **fields, "start": begun.get("start"), "end": fields.get("start")}

    def _note_unbegun(self, fields: Mapping[str, Any], line: int) -> None:
        """Leave the task of a call out that began before the log did."""
        if self._mapping.head.complete:
            raise HistoryError(
                f"{self._name}, line {line}: this call has no begin, and the head says complete"
            )
        task = fields.get("task")
        if task is not None:
            self._half_known.add(str(task))
        elif fields["verb"] != Verb.CLAIM:  # which found the queue empty
            raise HistoryError(
                f"{self._name}, line {line}: this {fields['verb']} has no begin and no task: "
                "remove the line, and with it the calls on its task"
            )

    def _call(self, fields: Mapping[str, Any], line: int) -> dict[str, Any]:
        call: dict[str, Any] = {}
        for field, value in fields.items():
            try:
                self._put(call, field, value)
            except ValueError:
                raise HistoryError(
                    f"{self._name}, line {line}: {field}={value!r} is no number"
                ) from None
        return call

    def _put(self, call: dict[str, Any], field: str, value: Any) -> None:
        group, _, name = field.rpartition(".")
        if group:
            call.setdefault(group, {})[name] = _number(value) if name in NUMBERS else value
        elif field in ("start", "end"):
            call[field] = self._time(value)
        elif field == "outcome":
            call[field] = self._mapping.outcomes.get(str(value), value)
        else:
            call[field] = _number(value) if field in _WHOLE else value

    def _time(self, value: Any) -> Any:
        if self._mapping.head.clock != "iso":
            return _number(value)
        return value + self._mapping.zone if _lacks_zone(value) else value


def _lacks_zone(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is None
    except (TypeError, ValueError):  # no time, as the reader of times will say
        return False


def _nested(row: Mapping[str, Any], path: list[str]) -> Any:
    value: Any = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> Any:
    """Return the number of a text, a whole one without a loss. Raises ValueError."""
    if not isinstance(value, str):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)
