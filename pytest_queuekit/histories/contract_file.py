"""Reads a contract from a file of TOML or JSON, for queues without an adapter.

The words are those of an adapter: the file becomes an adapter class that nothing calls, and the
checks of an adapter's form judge it.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_queuekit.errors import AdapterError, UsageError
from pytest_queuekit.histories.words import check_words
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import (
    Durability,
    Guarantee,
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Payload,
    Retry,
    Sharing,
)
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.suggest import did_you_mean

SUFFIXES = (".toml", ".json")
"""The ends of the names of contract files."""

_WORDS = {
    "guarantee": Guarantee,
    "durability": Durability,
    "payload": Payload,
    "liveness": Liveness,
    "sharing": Sharing,
    "key_hold": KeyHold,
    "key_conflict": KeyConflict,
}
_TABLES = {"order": Order, "retry": Retry}
_NUMBERS = (
    "key_seconds",
    "group_limit",
    "requeue_attempts",
    "lease_seconds",
    "notice_seconds",
    "resolution",
)
_FLAGS = ("full_batches",)
_DECLARATIONS = ("name", *_WORDS, *_TABLES, *_NUMBERS, *_FLAGS, "methods")

_METHODS = tuple(name for name in METHODS if name != "__init__")
_USUAL = ("enqueue", "claim", "complete", "fail", "extend", "release", "cancel")
"""The methods of a contract that names none; with all their options."""


def read_contract(path: Path) -> Contract:
    """Return the contract of a file. Raises UsageError with the file, the word and a suggestion."""
    try:
        return Contract.of(_adapter(_data(path), path))
    except (AdapterError, ValueError, RecursionError) as error:
        shown = str(error).removeprefix(f"{path}:contract").lstrip(":. ")
        raise UsageError(f"{path}: {shown}") from error


def _data(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    if not isinstance(data, dict):
        raise ValueError('a contract is an object, such as {"name": "shop"}')
    return data


def _adapter(data: Mapping[str, Any], path: Path) -> type[QueueAdapter]:
    check_words("the contract", data, _DECLARATIONS)
    declared: dict[str, Any] = {"name": path.stem, "__module__": str(path), "__init__": _never}
    for name, value in data.items():
        if name in _WORDS:
            declared[name] = _word(name, value)
        elif name in _TABLES:
            declared[name] = _record(name, value)
        elif name != "methods":
            declared[name] = value
    for name, options in _methods(data.get("methods")).items():
        declared[name] = _method(name, options)
    return type("contract", (QueueAdapter,), declared)


def _word(name: str, value: Any) -> object:
    """Return the member of an enumeration: "at-least-once" for AT_LEAST_ONCE, in any case."""
    kind = _WORDS[name]
    words = {member.lower().replace("_", "-"): kind[member] for member in kind.__members__}
    folded = str(value).lower().replace("_", "-").replace(" ", "-")
    if folded not in words:
        hint = did_you_mean(folded, words)
        raise ValueError(f"{name}={value!r} must be {' or '.join(map(repr, words))}{hint}")
    return words[folded]


def _record(name: str, value: Any) -> object:
    kind = _TABLES[name]
    if not isinstance(value, dict):
        raise ValueError(f"{name}={value!r} must be a table, such as {name} = {_EXAMPLES[name]}")
    for field in dataclasses.fields(kind):
        if field.default is dataclasses.MISSING and field.name not in value:
            raise ValueError(f"{name} needs {field.name}")
    return kind(**value)


_EXAMPLES = {"order": '{ ties = "fifo" }', "retry": "{ max_attempts = 3 }"}


def _methods(given: Any) -> Mapping[str, Iterable[str]]:
    """Return the options of each method."""
    if given is None:
        return {name: METHODS[name].options for name in _USUAL}
    if not isinstance(given, dict):
        raise ValueError('methods must be a table, such as methods.enqueue = ["priority"]')
    check_words("methods", given, _METHODS)
    for name, options in given.items():
        if not isinstance(options, list):
            raise ValueError(f"methods: {name}={options!r} must be a list of options, or empty: []")
        check_words(f"methods: {name}", map(str, options), tuple(METHODS[name].options))
    return {"enqueue": [], "claim": [], **given}


def _method(name: str, options: Iterable[str]) -> Callable[..., None]:
    """Return a method with the signature of an adapter's, which an adapter's form is read from."""
    kind = inspect.Parameter
    taken = ["self", *METHODS[name].takes]
    parameters = [kind(word, kind.POSITIONAL_OR_KEYWORD) for word in taken]
    parameters += [kind(option, kind.KEYWORD_ONLY, default=None) for option in options]

    def method(*arguments: object, **given: object) -> None:
        _never(*arguments, **given)

    method.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return method


def _never(*arguments: object, **given: object) -> None:
    """Take the place of a method of a queue that is judged by its history alone."""
