"""How the kit recognises its tasks: by a label inside the payload, in each domain of payloads."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from typing import Any

from pytest_queuekit.model.capabilities import Payload
from pytest_queuekit.model.history import CONVERTED, NUMBERED

_MARK = "queuekit"
_TEXT = re.compile(rf"{_MARK}:([^:]*):", re.DOTALL)
_WITH_BODY = (rf"{{{{'body': (.*), '{_MARK}': '{{}}'}}}}", rf"b?['\"]{_MARK}:{{}}:(.*)['\"]")
"""The canonical text of a payload with a body, in each domain; the label takes the place of {}."""
_NUMBERS = 2**52
"""The numbers that stand for labels are smaller: values of their own try what larger ones do."""
_DAMAGED_JSON = re.compile(rf'"{_MARK}": *"([^"\\]*)"')


def wrap(label: str, domain: Payload, body: Any = None) -> Any:
    """Return the payload of a task: the label, and a body of the domain's own type.

    An integer has no room for either. It follows from the label, and whoever enqueues it must
    remember the label.

    A label is printable ASCII without colon, quote and backslash. Raises ValueError for any other
    label.
    """
    if not (label.isascii() and label.isprintable()) or set(label) & set(':"\\'):
        raise ValueError(
            f"label={label!r} must be printable ASCII without colon, quote and backslash"
        )
    if domain is Payload.INTEGER:
        digest = hashlib.blake2b(label.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % _NUMBERS + 1
    if domain in (Payload.JSON, Payload.OBJECT):
        return {_MARK: label} if body is None else {_MARK: label, "body": body}
    if domain is Payload.TEXT:
        return f"{_MARK}:{label}:{'' if body is None else body}"
    return f"{_MARK}:{label}:".encode() + (b"" if body is None else body)


def sent(payload: Any, domain: Payload) -> dict[str, str]:
    """Return the arguments that describe a payload in a history.

    In the domain of JSON, a queue may deliver a payload as JSON gives it back: a tuple as a list.
    """
    described = {"payload": canonical(payload)}
    if domain is Payload.JSON:
        with suppress(TypeError, ValueError, RecursionError):
            back = canonical(json.loads(json.dumps(payload)))
            if back != described["payload"]:
                described[CONVERTED] = back
    return described


def label_of(payload: Any) -> str | None:
    """Return the label inside a payload; None if there is none.

    The label is found even if the queue changed the type of the payload or cut it short, so that a
    changed payload is not mistaken for one that no actor enqueued.
    """
    if isinstance(payload, dict):
        label = payload.get(_MARK)
        return label if isinstance(label, str) else None
    if isinstance(payload, bytes | bytearray | memoryview):
        return _label_in(bytes(payload).decode("utf-8", "replace"))
    return _label_in(payload) if isinstance(payload, str) else None


def label_of_number(payload: Any) -> str | None:
    """Return a label that stands for an integer until it is known which task has it.

    None for any other payload. `History.of` knows the tasks of all actors.
    """
    return f"{NUMBERED}{payload}" if type(payload) is int else None


def _label_in(text: str) -> str | None:
    match = _TEXT.match(text)
    return match.group(1) if match else _label_in_json(text)


def _label_in_json(text: str) -> str | None:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        match = _DAMAGED_JSON.search(text)
        return match.group(1) if match else None
    return label_of(loaded) if isinstance(loaded, dict | str) else None


def content_of(text: str, label: str) -> str:
    """Return what a canonical payload holds beside the label of its task; empty for nothing."""
    if label not in text:
        return text
    for form in _WITH_BODY:
        if match := re.fullmatch(form.format(re.escape(label)), text, re.DOTALL):
            return match.group(1)
    return ""


def canonical(payload: Any) -> str:
    """Return a text that two payloads share only if they are equal, types included.

    The order of a dict's keys and of a set does not count; 1, 1.0, True and "1" all differ.
    """
    if isinstance(payload, dict):
        items = sorted((canonical(key), canonical(value)) for key, value in payload.items())
        return "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
    if isinstance(payload, list):
        return "[" + ", ".join(map(canonical, payload)) + "]"
    if isinstance(payload, tuple):
        return "(" + ", ".join(map(canonical, payload)) + ",)"
    if isinstance(payload, set | frozenset):
        return f"{type(payload).__name__}(" + ", ".join(sorted(map(canonical, payload))) + ")"
    return (
        repr(payload) if type(payload).__module__ == "builtins" else f"{type(payload)}{payload!r}"
    )
