"""Payload bodies: those that must be delivered equal, and those that may be rejected."""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import http
import math
from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.capabilities import Payload

_NESTED: list[Any] = []
for _ in range(19):
    _NESTED = [_NESTED]

PROMISED_JSON: dict[str, Any] = {
    "text": "Grüße, 你好, 🚀, z\u0301, \u2028, ' \" \\ % %s {} \t\r\n",
    "no-text": "",
    "spaces": "  before and after \n",
    "looks-like-json": '{"a": [1, null]}',
    "looks-like-a-number": "00123",
    "zero": 0,
    "negative": -1,
    "largest-exact": 2**53,
    "float": 0.1,
    "whole-float": 1.0,
    "small-float": 5e-324,
    "great-float": 1.7976931348623157e308,
    "true": True,
    "false": False,
    "alike": [1, 1.0, True, "1", 0, 0.0, False, "", None, [], {}],
    "list": [],
    "mapping": {},
    "deep": _NESTED,
    "keys": {"": 1, "with space": 2, "ключ": 3, "k" * 300: 4, "1": 5, "null": 6},
    "mixed": {"z": [{"a": None}, [[]]], "a": {"b": {"c": [0.5, -3]}}},
}
"""JSON according to RFC 8259, within the range of numbers that all implementations share."""

CONVERTED_JSON: dict[str, Any] = {
    "tuple": (1, 2),
    "tuple-within": [(1,)],
    "number-as-key": {1: "one"},
    "boolean-as-key": {True: "yes"},
    "null-as-key": {None: "nothing"},
    "keys-that-meet": {1: "number", "1": "text"},
    "member": http.HTTPStatus.OK,
}
"""Values that Python's json module writes, and reads back as others."""

DOUBTFUL_JSON: dict[str, Any] = {
    "not-a-number": math.nan,
    "infinity": math.inf,
    "bytes": b"bytes",
    "set": {1},
    "time": dt.datetime(2025, 6, 15, 12, tzinfo=dt.UTC),
    "decimal": decimal.Decimal("1.10"),
    "lone-surrogate": "\ud800",
    "nul": "a\0b",
    "big-integer": 2**70,
    "minus-zero": -0.0,
}
"""Values that JSON lacks, or that another implementation changes or writes as invalid JSON."""

PROMISED_TEXT: dict[str, str] = {
    "text": "Grüße, 你好, 🚀, z\u0301, \u2028, ' \" \\ % %s {} \t\r\n",
    "no-text": "",
    "spaces": "  before and after \n",
    "lines": "one\r\ntwo\rthree\n",
    "looks-like-json": '{"a": [1, null]}',
    "looks-like-a-number": "00123",
}
DOUBTFUL_TEXT: dict[str, str] = {"lone-surrogate": "\ud800", "nul": "a\0b"}

PROMISED_BYTES: dict[str, bytes] = {
    "all": bytes(range(256)),
    "none": b"",
    "zeros": b"\0" * 8,
    "no-utf-8": b"\xff\xfe\x80",
    "lines": b"\r\n \n",
}

PROMISED_OBJECTS: dict[str, Any] = {
    "tuple": (1, 2),
    "tuple-within": [(1,), {"a": (None,)}],
    "no-tuple": (),
    "set": {1, "1"},
    "frozen-set": frozenset({(1, 2)}),
    "bytes": bytes(range(256)),
    "byte-array": bytearray(b"\0\xff"),
    "keys": {1: "number", "1": "text", None: "nothing", (1, 2): "tuple"},
    "big-integer": 2**70,
    "minus-zero": -0.0,
    "infinity": math.inf,
    "complex": 1 - 2j,
    "range": range(1, 9, 3),
    "time": dt.datetime(2025, 6, 15, 12, 0, 0, 123456, tzinfo=dt.UTC),
    "local-time": dt.datetime(2025, 6, 15, 12),  # noqa: DTZ001 - it has no zone
    "duration": dt.timedelta(days=1, microseconds=1),
    "decimal": decimal.Decimal("1.10"),
    "fraction": fractions.Fraction(1, 3),
    "member": http.HTTPStatus.OK,
    "text": "a\0b \ud800",
}
"""Objects that pickle carries, of the standard library alone."""

DOUBTFUL_OBJECTS: dict[str, Any] = {
    "function": lambda: None,
    "generator": (number for number in [1]),
}
"""Objects that pickle cannot carry."""


MEGABYTE = 1_000_000


def large(domain: Payload, size: int = MEGABYTE) -> Any:
    """Return a body of some bytes in the domain's type, varied enough to compress badly.

    A queue without `Capability.SIZED_PAYLOAD` carries none.
    """
    text = "".join(f"{number * 7919:016x}" for number in range(size // 16))
    return text.encode() if domain is Payload.BYTES else text


_BARE_JSON: dict[str, Any] = {
    "no-text": "",
    "digit-as-text": "0",
    "null-as-text": "null",
    "long-text": "ä" * 100_000,
    "zero": 0,
    "one": 1,
    "negative": -1,
    "zero-as-float": 0.0,
    "true": True,
    "false": False,
    "null": None,
    "list": [],
    "nested": [[], [0], {"a": [None]}],
    "mapping": {},
    "past-53-bits": 2**53 + 1,
    "past-63-bits": 2**63,
    "past-64-bits": 2**64 + 1,
}

BARE: Mapping[Payload, Mapping[str, Any]] = {
    Payload.JSON: _BARE_JSON,
    Payload.OBJECT: {
        **_BARE_JSON,
        "no-tuple": (),
        "tuple": (0,),
        "no-set": set(),
        "no-bytes": b"",
        "minus-zero": -0.0,
    },
    Payload.TEXT: {
        "no-text": "",
        "space": " ",
        "digit": "0",
        "number": "1e5",
        "null": "null",
        "none": "None",
        "long": "ä" * 100_000,
    },
    Payload.INTEGER: {
        "one": 1,
        "past-31-bits": 2**31,
        "past-32-bits": 2**32 + 1,
        "past-53-bits": 2**53 + 1,
        "largest": 2**63 - 1,
        "past-63-bits": 2**63,
        "past-64-bits": 2**64 + 1,
        "zero": 0,
        "negative": -1,
    },
    Payload.BYTES: {"none": b"", "zero": b"\0", "digit": b"0", "null": b"null"},
}
"""Payloads that are no mapping, or an empty one, and have no room for the kit's label."""
