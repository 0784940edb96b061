"""Correct queues that carry payloads of another domain."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Sequence
from typing import Any

from pytest_queuekit.model.capabilities import Payload
from tests.queues.memory import MemoryQueue, RefusedError


class PlainJson(MemoryQueue):
    """Takes what Python's json module takes, and delivers what that gives back."""

    name = "plain-json"

    def _encode(self, payload: Any) -> str:
        try:
            return json.dumps(payload)
        except (TypeError, ValueError, RecursionError) as error:
            raise RefusedError(f"payload={payload!r:.40} is not JSON: {error}") from error


class Texts(MemoryQueue):
    """Payloads are texts."""

    name = "texts"
    payload = Payload.TEXT

    def _encode(self, payload: Any) -> str:
        if type(payload) is not str or any("\ud800" <= letter <= "\udfff" for letter in payload):
            raise RefusedError(f"payload={payload!r:.40} must be text that UTF-8 can carry")
        return payload

    def _decode(self, text: str) -> Any:
        return text


class Bytes(MemoryQueue):
    """Payloads are bytes."""

    name = "bytes"
    payload = Payload.BYTES

    def _encode(self, payload: Any) -> str:
        if type(payload) is not bytes:
            raise RefusedError(f"payload={payload!r:.40} must be bytes")
        return base64.b64encode(payload).decode("ascii")

    def _decode(self, text: str) -> Any:
        return base64.b64decode(text)


class Integers(MemoryQueue):
    """Payloads are ids, as those of rows."""

    name = "integers"
    payload = Payload.INTEGER

    def _encode(self, payload: Any) -> str:
        if type(payload) is not int or not 0 < payload < 2**63:
            raise RefusedError(f"payload={payload!r:.40} must be a whole number from 1 to 2**63-1")
        return str(payload)

    def _decode(self, text: str) -> Any:
        return int(text)


class Objects(MemoryQueue):
    """Payloads are whatever pickle carries."""

    name = "objects"
    payload = Payload.OBJECT

    def _encode(self, payload: Any) -> str:
        try:
            return base64.b64encode(pickle.dumps(payload)).decode("ascii")
        except (AttributeError, TypeError, RecursionError, pickle.PicklingError) as error:
            raise RefusedError(f"payload={payload!r:.40} cannot be pickled: {error}") from error

    def _decode(self, text: str) -> Any:
        return pickle.loads(base64.b64decode(text))  # noqa: S301 - our own bytes


DOMAINS: Sequence[type[MemoryQueue]] = (PlainJson, Texts, Bytes, Objects, Integers)
