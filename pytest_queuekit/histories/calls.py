"""One call of a history file, checked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.histories.moments import Reader
from pytest_queuekit.model.history import CONVERTED, INVALID, Outcome, Verb
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.suggest import did_you_mean

KEYS = (
    "number",
    "actor",
    "verb",
    "task",
    "start",
    "end",
    "outcome",
    "claim",
    "token",
    "arguments",
    "result",
    "error",
    "raised_at",
)
"""The keys of a call, in the order in which they are written."""

_KNOWN = frozenset(KEYS)
_VERBS = {verb.value: verb for verb in Verb}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_NOTHING: Mapping[str, Any] = {}
"""Shared by all calls without arguments, of which a history may have a million."""

_ANY_CALL = ("payload", CONVERTED, INVALID, "batch")
ARGUMENTS: Mapping[Verb, frozenset[str]] = {
    verb: frozenset(
        [
            *_ANY_CALL,
            *(["seconds"] if verb is Verb.EXTEND else []),
            *(
                option
                for method in METHODS.values()
                if method.verb is verb
                for option in method.options
            ),
        ]
    )
    for verb in Verb
}
"""The arguments that a call of a verb may have."""

NUMBERS = frozenset({"lease", "delay", "expires", "seconds", "priority", "batch", "max_attempts"})
"""The arguments that are numbers."""
_MOST = sys.float_info.max


@dataclass(slots=True)
class Call:
    """A call as its line says it. Times in nanoseconds; `number` and `claim` are of its file."""

    file: int
    line: int
    number: int | None
    actor: str
    verb: Verb
    task: str | None
    start: int
    end: int | None
    outcome: Outcome
    claim: int | None
    token: Any
    arguments: Mapping[str, Any]
    result: Any
    error: str | None
    raised_at: str | None


class CallReader:
    """Checks the calls of one file. Equal names become one string, which saves much memory."""

    def __init__(self, file: int, clock: Reader) -> None:
        self._file = file
        self._time = clock
        self._names: dict[str, str] = {}

    def read(self, data: Any, line: int) -> Call:
        """Return the call of an object. Raises HistoryError."""
        if type(data) is not dict:
            raise HistoryError("a call is an object with actor, verb, start and end")
        if not data.keys() <= _KNOWN:
            raise _unknown(min(data.keys() - _KNOWN))
        get = data.get
        word = get("verb")
        verb = _VERBS.get(word) if type(word) is str else None
        if verb is None:
            raise _no_word("verb", word, _VERBS)
        start, end = self._interval(get("start"), get("end"))
        arguments = get("arguments") or _NOTHING
        if arguments is not _NOTHING:
            _check_arguments(verb, arguments)
        result = get("result")
        if result is not None:
            _check_result(verb, result)
        return Call(
            self._file,
            line,
            _whole(data, "number") if "number" in data else None,
            self._name("actor", get("actor")),
            verb,
            None if get("task") is None else self._name("task", data["task"]),
            start,
            end,
            _outcome(get("outcome"), end),
            _whole(data, "claim") if "claim" in data else None,
            get("token"),
            arguments,
            result,
            _text(data, "error") if "error" in data else None,
            _text(data, "raised_at") if "raised_at" in data else None,
        )

    def _interval(self, start: Any, end: Any) -> tuple[int, int | None]:
        if start is None:
            raise HistoryError("the call has no start")
        name = "start"
        try:
            since = self._time(start)
            if end is None:
                return since, None
            name = "end"
            until = self._time(end)
        except HistoryError as error:
            raise HistoryError(f"{name}: {error}") from None
        if until < since:
            raise HistoryError(f"the call ends before it starts: {start!r} is later")
        return since, until

    def _name(self, name: str, value: Any) -> str:
        if type(value) is int:
            value = str(value)
        elif type(value) is not str or not value:
            what = "the call has no" if value is None else f"{name}={value!r} is no text or"
            raise HistoryError(f"{what} {name if value is None else 'whole number'}")
        return self._names.setdefault(value, value)


def _outcome(value: Any, end: int | None) -> Outcome:
    if value is None:
        return Outcome.UNKNOWN if end is None else Outcome.OK
    outcome = _OUTCOMES.get(value) if type(value) is str else None
    if outcome is None:
        raise _no_word("outcome", value, _OUTCOMES)
    if end is None and outcome is not Outcome.UNKNOWN:
        raise HistoryError(
            f"outcome={value!r} needs an end; a call without an end has an unknown outcome"
        )
    return outcome


def _whole(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is None or (type(value) is int and value >= 0):
        return value
    raise HistoryError(f"{name}={value!r} must be a whole number from 0 on")


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None or type(value) is str:
        return value
    raise HistoryError(f"{name}={value!r} must be a text")


def _check_arguments(verb: Verb, arguments: Any) -> None:
    if type(arguments) is not dict:
        raise HistoryError(f"arguments={arguments!r} must be an object")
    known = ARGUMENTS[verb]
    if not arguments.keys() <= known:
        name = min(arguments.keys() - known)
        hint = did_you_mean(name, known) or f": it takes {', '.join(sorted(known - {*_ANY_CALL}))}"
        raise HistoryError(f"{verb} has no argument {name!r}{hint}")
    if INVALID in arguments:
        return
    for name in NUMBERS & arguments.keys():
        value = arguments[name]
        number = type(value) in (int, float) and -_MOST <= value <= _MOST
        if not number and value is not None:
            raise HistoryError(f"arguments: {name}={value!r} must be a number")


_STATES = frozenset({"queued", "ready", "waiting", "leased", "completed", "dead"})


def _is_counts(result: Any) -> bool:
    counts = type(result) is dict and result.keys() <= _STATES
    return counts and all(type(count) is int for count in result.values())


def _is_labels(result: Any) -> bool:
    return type(result) is list and all(type(label) is str for label in result)


_RESULTS: Mapping[Verb, tuple[Callable[[Any], bool], str]] = {
    Verb.CLAIM: (lambda result: type(result) is dict, "an object, such as {'payload': 'text'}"),
    Verb.STATS: (_is_counts, f"an object of whole numbers under {', '.join(sorted(_STATES))}"),
    Verb.DEAD_LETTERS: (_is_labels, "a list of tasks"),
}


def _check_result(verb: Verb, result: Any) -> None:
    holds, wanted = _RESULTS.get(verb, (bool, ""))
    if wanted and not holds(result):
        raise HistoryError(f"result={result!r:.60} of {verb} must be {wanted}")


def _unknown(name: str) -> HistoryError:
    options = {option for known in ARGUMENTS.values() for option in known}
    if name in options:
        return HistoryError(f"a call has no {name!r}: put it into arguments")
    return HistoryError(f"a call has no {name!r}{did_you_mean(name, KEYS)}; it has {_listed(KEYS)}")


def _no_word(name: str, value: Any, known: Mapping[str, object]) -> HistoryError:
    if value is None:
        return HistoryError(f"the call has no {name}")
    return HistoryError(
        f"{name}={value!r} is unknown{did_you_mean(str(value), known)}; it is {_listed(known)}"
    )


def _listed(words: object) -> str:
    *most, last = list(words)  # type: ignore[call-overload]
    return f"{', '.join(most)} or {last}"
