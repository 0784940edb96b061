"""How the kit recognises its tasks: by a label inside the payload, in each domain of payloads."""

from __future__ import annotations

import json
import re
from typing import Any

from pytest_queuekit.contract import Payload

_MARK = "queuekit"
_TEXT = re.compile(rf"{_MARK}:([^:]*):", re.DOTALL)
_BYTES = re.compile(rf"{_MARK}:([^:]*):".encode(), re.DOTALL)


def wrap(label: str, domain: Payload, body: Any = None) -> Any:
    """Return the payload of a task: the label, and a body of the domain's own type."""
    if domain is Payload.JSON:
        return {_MARK: label} if body is None else {_MARK: label, "body": body}
    if domain is Payload.TEXT:
        return f"{_MARK}:{label}:{'' if body is None else body}"
    return f"{_MARK}:{label}:".encode() + (b"" if body is None else body)


def label_of(payload: Any) -> str | None:
    """Return the label inside a payload, of whatever type it came back; None if there is none."""
    if isinstance(payload, dict):
        found = payload.get(_MARK)
        return found if isinstance(found, str) else None
    if isinstance(payload, bytes):
        match = _BYTES.match(payload)
        return match.group(1).decode("utf-8", "replace") if match else None
    if isinstance(payload, str):
        match_text = _TEXT.match(payload)
        return match_text.group(1) if match_text else _label_in_json(payload)
    return None


def _label_in_json(text: str) -> str | None:
    try:
        loaded = json.loads(text)
    except ValueError:
        return None
    return label_of(loaded) if isinstance(loaded, dict) else None


def canonical(payload: Any) -> str:
    """Return a text that two payloads share only if they are equal, types included.

    The order of a dict's keys does not count; 1, 1.0, True and "1" all differ.
    """
    if isinstance(payload, dict):
        items = sorted((canonical(key), canonical(value)) for key, value in payload.items())
        return "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
    if isinstance(payload, list):
        return "[" + ", ".join(map(canonical, payload)) + "]"
    if isinstance(payload, tuple):
        return "(" + ", ".join(map(canonical, payload)) + ",)"
    return (
        repr(payload) if type(payload).__module__ == "builtins" else f"{type(payload)}{payload!r}"
    )
