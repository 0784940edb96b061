"""Writes histories in the format of `schema-1.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_queuekit.errors import UsageError
from pytest_queuekit.histories.calls import KEYS
from pytest_queuekit.histories.head import Head
from pytest_queuekit.model.history import History, Operation


def line_of(call: Operation, *, token: Any = None) -> str:
    """Return a call as one line of JSON. Times are in nanoseconds.

    token: of the delivery that it is about, in place of the number of its claim.
    """
    said = {name: getattr(call, name) for name in KEYS if name != "token"}
    if token is not None:
        said |= {"claim": None, "token": token}
    return json.dumps({name: value for name, value in said.items() if value not in (None, {})})


def write_lines(history: History, head: Head, path: Path) -> None:
    """Write a history. Raises UsageError if the file cannot be written."""
    try:
        path.write_text("".join(f"{line}\n" for line in _lines(history, head)), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _lines(history: History, head: Head) -> Iterator[str]:
    yield head.line()
    for call in history:
        claim = None if call.claim is None else history.operations[call.claim]
        # A claim has its number among the calls of its actor; another actor used the token.
        foreign = claim is not None and claim.actor != call.actor
        yield line_of(call, token=claim.result["token"] if claim and foreign else None)
