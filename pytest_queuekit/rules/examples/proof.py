"""Reads the proof of an example: the calls that its lines show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb

MARK = "▶"
"""The first character of the line that shows the violation."""

_LINE = re.compile(
    rf"[{MARK} ] +(?P<seconds>\d+)\.(?P<thousandths>\d{{3}}) s  (?P<actor>\S.*?)  +"
    r"(?P<verb>\w+) ?(?P<task>\S*).*? → (?P<result>\S+(?: \S+)*)(?:  +(?P<note>.*))?"
)
_LEASE = re.compile(r"lease until (\d+\.\d+) s")
_OUTCOMES = {str(outcome): outcome for outcome in Outcome} | {"no answer": Outcome.UNKNOWN}


def culprit(proof: str) -> int:
    """Return the number of the call that shows the violation, from 1."""
    return [line.startswith(MARK) for line in proof.splitlines()].index(True) + 1


def calls(proof: str) -> Iterator[Operation]:
    """Yield the call of each line, which takes no time: a proof has the starts alone.

    A lease is that of the note; an acknowledgement is for the latest claim of its actor and task.
    Raises HistoryError for a line that is no call.
    """
    held: dict[tuple[str, str | None], int] = {}
    for number, line in enumerate(proof.splitlines()):
        match = _LINE.fullmatch(line)
        if match is None or match["verb"] not in [*Verb]:
            raise HistoryError(f"not a call of a proof: {line!r}")
        call = _call(match, number, held)
        if call.is_delivery:
            held[call.actor, call.task] = number
        yield call


def _call(
    match: re.Match[str], number: int, held: Mapping[tuple[str, str | None], int]
) -> Operation:
    verb, actor, result = Verb(match["verb"]), match["actor"], match["result"]
    start = int(match["seconds"]) * SECOND + int(match["thousandths"]) * SECOND // 1000
    failed = result.endswith("Error")
    outcome = Outcome.UNKNOWN if failed else _OUTCOMES.get(result, Outcome.OK)
    task = match["task"] or None
    if verb is Verb.CLAIM:
        task = result if outcome is Outcome.OK and result != "empty" else None
    arguments: dict[str, Any] = {}
    if lease := _LEASE.match(match["note"] or ""):
        name = "seconds" if verb is Verb.EXTEND else "lease"
        arguments[name] = round(float(lease[1]) - start / SECOND, 3)
    return Operation(
        number=number,
        actor=actor,
        verb=verb,
        start=start,
        end=None if result == "no answer" else start,
        outcome=outcome,
        task=task,
        claim=None if verb is Verb.CLAIM else held.get((actor, task)),
        arguments=arguments,
        result=None if verb is Verb.CLAIM or result in _OUTCOMES else result,
        error=result if failed else None,
    )
