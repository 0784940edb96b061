"""Finds the delivery that each acknowledgement is about, and numbers the calls.

An acknowledgement names its claim by its number, or its delivery by its token; otherwise it is
about the last delivery of the task to its actor.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.histories.calls import Call
from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.model.verbs import ACKNOWLEDGEMENTS


@dataclass(kw_only=True)
class Linked:
    """The calls of all files as operations.

    operations: sorted by start, the first at 0.
    files, lines: of each operation, the index of its file and the number of its line.
    half_known: the tasks of acknowledgements without a delivery, which are left out, and others of
        which not all calls are known.
    """

    operations: list[Operation] = field(default_factory=list)
    files: array[int] = field(default_factory=lambda: array("H"))
    lines: array[int] = field(default_factory=lambda: array("L"))
    half_known: set[str] = field(default_factory=set)

    def add(self, call: Call, claim: int | None, offset: int, tolerance: int) -> None:
        """Add a call, whose start is `offset` plus its start in the history."""
        self.files.append(call.file)
        self.lines.append(call.line)
        self.operations.append(
            Operation(
                number=len(self.operations),
                actor=call.actor,
                verb=call.verb,
                start=call.start - offset,
                end=None if call.end is None else call.end + 2 * tolerance - offset,
                outcome=call.outcome,
                task=call.task,
                claim=claim,
                arguments=call.arguments,
                result=_result(call),
                error=call.error,
                raised_at=call.raised_at,
            )
        )


def linked(calls: list[Call], files: Sequence[str], *, complete: bool, tolerance: int) -> Linked:
    """Return the calls as operations. The list is empty afterwards, to save memory.

    files: the names of the files, for messages.
    complete: True if each acknowledgement must have its delivery. Raises HistoryError.
    tolerance: nanoseconds by which each interval is widened at both ends.
    """
    calls.sort(key=attrgetter("start"))
    calls.reverse()  # popped from the end
    offset = calls[-1].start if calls else 0
    deliveries, found = _Deliveries(files), Linked()
    while calls:
        call, claim = calls.pop(), None
        if call.verb in ACKNOWLEDGEMENTS:
            claim = deliveries.of(call)
            if claim is None:
                if complete or call.task is None:
                    raise deliveries.missing(call)
                found.half_known.add(call.task)
                continue
            call.task = found.operations[claim].task
        elif call.verb is Verb.CLAIM:
            deliveries.add(call, len(found.operations))
        found.add(call, claim, offset, tolerance)
    return found


def _result(call: Call) -> object:
    """Return the result of a call; the token of a delivery belongs to it."""
    if call.verb is Verb.CLAIM and call.token is not None:
        return {**(call.result or {}), "token": call.token}
    return call.result


class _Deliveries:
    """The deliveries so far, by everything that an acknowledgement may name."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files
        self._numbers: dict[tuple[int, str, int], int] = {}
        self._tokens: dict[tuple[str | None, str], int] = {}
        self._last: dict[tuple[str, str], int] = {}

    def add(self, claim: Call, place: int) -> None:
        """Add a claim, which has a place among the operations."""
        if claim.number is not None:
            self._numbers[claim.file, claim.actor, claim.number] = place
        if claim.task is None or claim.outcome is not Outcome.OK:
            return
        self._last[claim.actor, claim.task] = place
        token = claim.token
        if token is None and claim.result:
            token = claim.result.get("token")
        if token is not None:
            self._tokens[claim.task, repr(token)] = place
            self._tokens[None, repr(token)] = place

    def of(self, call: Call) -> int | None:
        """Return the place of the claim that an acknowledgement is about; None if unknown."""
        if call.claim is not None:
            return self._numbers.get((call.file, call.actor, call.claim))
        if call.token is not None:
            return self._tokens.get((call.task, repr(call.token)))
        return None if call.task is None else self._last.get((call.actor, call.task))

    def missing(self, call: Call) -> HistoryError:
        """Return the error for an acknowledgement of an unknown delivery."""
        where = f"{self._files[call.file]}, line {call.line}"
        if call.claim is not None:
            named = f"claim={call.claim}, and `{call.actor}` has no claim of that number"
        elif call.token is not None:
            named = f"token={call.token!r}, and no claim has that token"
        elif call.task is None:
            return HistoryError(f"{where}: {call.verb} names no task, no claim and no token")
        else:
            named = f"task={call.task!r}, and no claim by `{call.actor}` delivered it"
        return HistoryError(
            f"{where}: {call.verb} names {named} before. Add the claim, or leave complete out of "
            "the head"
        )
