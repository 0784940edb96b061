"""Reads history files, line by line, into one history.

A line with the actor and the number of an earlier one of its file replaces it: a recorder writes a
call when it begins, and again when it has ended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.histories.calls import Call, CallReader
from pytest_queuekit.histories.deliveries import Linked, linked
from pytest_queuekit.histories.head import Head, together
from pytest_queuekit.histories.moments import reader
from pytest_queuekit.model.history import SECOND, History, Operation

Progress = Callable[[str], None]
"""Takes what is being done, in a few words; called often, it must return at once."""

_scan = json.JSONDecoder().raw_decode

_EVERY = 10_000
"""Calls between two reports of progress."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file of calls.

    name: for messages.
    head: the head of the file.
    calls: each object with the number of its line.
    half_known: tasks of which the file has not all calls; known once the calls are read.
    """

    name: str
    head: Head
    calls: Iterator[tuple[int, Any]]
    half_known: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A history that was recorded elsewhere.

    history: the calls.
    head: what the heads of all files vouch for.
    names: the files.
    linked: the lines of the calls, and what is left out.
    """

    history: History
    head: Head
    names: Sequence[str]
    linked: Linked

    def place(self, operation: Operation) -> tuple[str, int]:
        """Return the file and the line of an operation."""
        number = operation.number
        return self.names[self.linked.files[number]], self.linked.lines[number]


def open_lines(name: str, lines: TextIO) -> Source:
    """Return the calls of a file in the format of `schema-1.json`. Raises HistoryError."""
    calls = objects(name, lines)
    line, data = next(calls, (1, None))
    try:
        head = Head.of(data)
    except HistoryError as error:
        raise HistoryError(f"{name}, line {line}: {error}") from None
    return Source(name=name, head=head, calls=calls)


def objects(name: str, lines: TextIO) -> Iterator[tuple[int, Any]]:
    """Yield the values of JSON lines, each with its number. Raises HistoryError."""
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        try:
            yield number, _decoded(line)
        except (ValueError, RecursionError) as error:
            torn = "" if line.endswith("\n") else "; the last line is incomplete: remove it"
            raise HistoryError(f"{name}, line {number}: no JSON: {error}{torn}") from None


def _decoded(line: str) -> Any:
    """Return the value of a line of JSON. Raises ValueError, or RecursionError if it is deep."""
    if line.startswith("{") and line.endswith("}\n"):
        # `loads` would search for spaces on both sides, which takes as long as all the rest.
        value, end = _scan(line)
        if end == len(line) - 1:
            return value
    return json.loads(line)


def collect(sources: Sequence[Source], progress: Progress) -> Recorded:
    """Return the calls of some files as one history. Raises HistoryError."""
    head = together([source.head for source in sources])
    calls: list[Call] = []
    for place, source in enumerate(sources):
        _Collector(calls, source, CallReader(place, reader(source.head.clock))).collect(progress)
    progress(f"sorting {len(calls):,} calls")
    names = [source.name for source in sources]
    tolerance = round(head.tolerance * SECOND)
    found = linked(calls, names, complete=head.complete, tolerance=tolerance)
    found.half_known.update(*(source.half_known for source in sources))
    history = History(
        operations=tuple(found.operations),
        lease=head.lease,
        drained=head.drained,
        driver="recorded",
    )
    return Recorded(history=history, head=head, names=names, linked=found)


@dataclass
class _Collector:
    """Adds the calls of one file to those of all."""

    calls: list[Call]
    source: Source
    reader: CallReader
    _places: dict[tuple[str, int], int] = field(default_factory=dict)

    def collect(self, progress: Progress) -> None:
        read, calls = self.reader.read, self.calls
        for line, data in self.source.calls:
            try:
                call = read(data, line)
            except HistoryError as error:
                raise HistoryError(f"{self.source.name}, line {line}: {error}") from None
            if call.number is None or not self._replaces(call, call.number):
                calls.append(call)
                if len(calls) % _EVERY == 0:
                    progress(f"read {len(calls):,} calls")

    def _replaces(self, call: Call, number: int) -> bool:
        """Put a call in the place of the one that it completes, if there is one."""
        place = self._places.setdefault((call.actor, number), len(self.calls))
        if place == len(self.calls):
            return False
        earlier = self.calls[place]
        if earlier.end is not None or earlier.verb is not call.verb:
            raise HistoryError(
                f"{self.source.name}, line {call.line}: `{call.actor}` has another call with "
                f"number={number}, in line {earlier.line}"
            )
        self.calls[place] = call
        return True


def read_files(
    paths: Sequence[Path],
    progress: Progress,
    open_file: Callable[[str, TextIO], Source] = open_lines,
) -> Recorded:
    """Read the files of one history, each by `open_file`. Raises HistoryError."""
    with ExitStack() as opened:
        try:
            files = [opened.enter_context(path.open(encoding="utf-8")) for path in paths]
            sources = [open_file(*each) for each in zip(map(str, paths), files, strict=True)]
            return collect(sources, progress)
        except UnicodeDecodeError as error:
            place = _undecodable(paths) or "a file"
            raise HistoryError(f"{place}: this is not UTF-8: {error.reason}") from error
        except OSError as error:
            raise HistoryError(f"{error.filename}: {error.strerror}") from error


def _undecodable(paths: Sequence[Path]) -> str:
    """Return the first line that is not UTF-8: "log.csv, line 2"; empty if none is found again.

    The decoder that found it reads ahead of the line.
    """
    for path in filter(Path.is_file, paths):  # a pipe can be read once
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    return f"{path}, line {number}"
    return ""
