"""Checks of the form of an adapter's methods, errors and limitations."""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Self

from pytest_queuekit.errors import AdapterError

_RULE_ID = re.compile(r"[A-Z]+-[1-9]\d*")


class Declaration:
    """A dataclass that adapters declare something with. Its values are given by name.

    Raises AdapterError for a value without a name, and for a name that the class does not know.
    """

    def __new__(cls, *values: object, **named: object) -> Self:
        """Check the names."""
        known = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        if values:
            raise AdapterError(
                f"{cls.__name__} takes its values by name, as {cls.__name__}({known[0]}=…)"
            )
        for name in named:
            if name not in known:
                near = difflib.get_close_matches(name.casefold(), known, n=1)
                meant = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known)}"
                raise AdapterError(f"{cls.__name__}: {name}={named[name]!r} is unknown; {meant}")
        return super().__new__(cls)


def check_errors(where: str, attribute: str, kinds: Sequence[Any]) -> None:
    """Raise AdapterError for a value that is not an error class, or that covers all errors."""
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise AdapterError(f"{where}: {attribute} has {kind!r}, which is not an error class")
        if kind in (Exception, BaseException):
            raise AdapterError(
                f"{where}: {attribute} has {kind.__name__}, which covers every error: "
                "name the errors that the queue documents"
            )


def check_call(where: str, method: str, takes: Sequence[str], function: Any) -> None:
    """Raise AdapterError for a method that the kit cannot call, or that does not run when called.

    takes: the arguments that the kit gives by position.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise AdapterError(f"{where}.{method}() is a generator, and must return its answer")
    if not inspect.isfunction(function):
        return  # another kind of descriptor, which shows only when it is called
    wanted = ", ".join(["self", *takes])
    try:
        inspect.signature(function).bind("self", *takes)
    except TypeError as error:
        raise AdapterError(f"{where} must define {method}({wanted}): {error}") from None


def check_limitation(where: str, fields: Mapping[str, object]) -> None:
    """Raise AdapterError for a limitation without a rule id, a reason or a source."""
    for name, value in fields.items():
        if not isinstance(value, str) or not value.strip():
            raise AdapterError(f"{where}: Limitation({name}={value!r}) needs a text")
    rule = str(fields["rule"])
    if not _RULE_ID.fullmatch(rule):
        raise AdapterError(
            f"{where}: Limitation(rule={rule!r}) is not a rule id: give one such as 'ENQUEUE-4'"
        )


def check_choice(what: str, value: object, known: Sequence[object]) -> None:
    """Raise AdapterError for a value that is not among the known ones."""
    if value not in known:
        raise AdapterError(f"{what}={value!r} must be {' or '.join(map(repr, known))}")


def check_seconds(what: str, value: object) -> None:
    """Raise AdapterError for a value that is not a finite number of seconds from 0 on."""
    if not is_seconds(value):
        raise AdapterError(f"{what}={value!r} must be a number of seconds from 0 on")


def is_seconds(value: object) -> bool:
    """Return True for a finite number of seconds from 0 on."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= sys.float_info.max  # type: ignore[operator]
