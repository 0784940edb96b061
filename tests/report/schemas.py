"""The forms of the reports that other programs read, each as strict as its documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import jsonschema
from pydantic import BaseModel
from sarif_pydantic import Sarif

from pytest_queuekit.report.formats.json import SCHEMA

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab's documentation requires of an entry; it publishes no schema."""

SHIELDS = {
    "type": "object",
    "required": ["schemaVersion", "label", "message"],
    "additionalProperties": False,
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"enum": ["brightgreen", "red", "yellow", "lightgrey"]},
    },
}
"""What shields.io documents for an endpoint (https://shields.io/badges/endpoint-badge), as far as
the kit uses it."""


@dataclass(frozen=True, kw_only=True)
class _Element:
    """An element of JUnit XML: its attributes, those of them that are required, its children."""

    attributes: str = ""
    required: str = ""
    children: str = ""


_MESSAGE = _Element(attributes="message type")
JUNIT: Mapping[str, _Element] = {
    "testsuites": _Element(
        attributes="name time tests failures errors skipped", children="testsuite"
    ),
    "testsuite": _Element(
        attributes="name tests failures errors skipped time timestamp hostname id",
        required="name tests failures errors",
        children="properties testcase system-out system-err",
    ),
    "properties": _Element(children="property"),
    "property": _Element(attributes="name value", required="name value"),
    "testcase": _Element(
        attributes="name classname time",
        required="name classname",
        children="failure error skipped system-out system-err",
    ),
    "failure": _MESSAGE,
    "error": _MESSAGE,
    "skipped": _MESSAGE,
}
"""The common part of what CI services read as JUnit XML, which has no standard."""


def check_json(text: str) -> None:
    """Raise an error if a text is not a report of the kit in JSON."""
    jsonschema.validate(json.loads(text), json.loads(SCHEMA.read_text(encoding="utf-8")))


def check_code_quality(text: str) -> None:
    """Raise an error if a text is not a Code Quality report."""
    jsonschema.validate(json.loads(text), CODE_QUALITY)


def check_shields(text: str) -> None:
    """Raise an error if a text is not an answer for shields.io."""
    jsonschema.validate(json.loads(text), SHIELDS)


def check_sarif(text: str) -> None:
    """Raise an error if an independent model of SARIF 2.1.0 does not know all of a text."""
    # The model lacks columnKind, a property of a run in section 3.14.17 of the standard.
    assert {*_unknown(Sarif.model_validate_json(text))} <= {"columnKind"}


def _unknown(part: object) -> Iterator[str]:
    if isinstance(part, BaseModel):
        yield from part.model_extra or ()
        part = [getattr(part, name) for name in type(part).model_fields]
    elif isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _unknown(each)


def check_junit(text: str) -> None:
    """Raise an error if a text is not JUnit XML."""
    root = ET.fromstring(text)  # noqa: S314 - written by the tests
    assert root.tag == "testsuites"
    for element in root.iter():
        known = JUNIT[element.tag]
        assert {*known.required.split()} <= {*element.keys()} <= {*known.attributes.split()}
        assert {child.tag for child in element} <= {*known.children.split()}
        for name in {"tests", "failures", "errors", "skipped"} & {*element.keys()}:
            assert str(element.get(name)).isdecimal()
        assert float(element.get("time", 0)) >= 0
