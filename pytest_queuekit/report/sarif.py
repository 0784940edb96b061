"""What failed as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from pytest_queuekit.model.run_result import Explanation
from pytest_queuekit.model.verdict import Place, Verdict
from pytest_queuekit.report.faults import Fault, faults

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def as_sarif(
    verdicts: Sequence[Verdict],
    *,
    tool: str,
    version: str,
    explanations: Mapping[str, Explanation] = MappingProxyType({}),
) -> str:
    """Return one run, with a rule for each check and a result for each fault.

    explanations: by id, the help that a code host shows beside a finding.
    """
    rules = [_rule(verdict, explanations.get(verdict.rule)) for verdict in verdicts]
    numbers = {verdict.rule: number for number, verdict in enumerate(verdicts)}
    driver = {"name": tool, "semanticVersion": version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "SRCROOT": {"description": {"text": "the working directory of the run"}}
        },
        "results": [_result(fault, numbers[fault.verdict.rule]) for fault in faults(verdicts)],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(verdict: Verdict, explanation: Explanation | None) -> dict[str, Any]:
    titles = (fault.title for fault in faults([verdict]))
    rule: dict[str, Any] = {
        "id": verdict.rule,
        # Code hosts show it as the headline of a finding, so it names the fault if there is one.
        "shortDescription": {"text": next(titles, "") or verdict.sentence},
        "fullDescription": {"text": verdict.sentence},
        "properties": {"group": verdict.family},
    }
    if explanation is not None:
        rule["help"] = _help(verdict.rule, explanation)
    return rule


def _help(rule: str, explanation: Explanation) -> dict[str, str]:
    command = f"queuekit explain {rule}"
    parts = [explanation.why]
    for title, code in (("Wrong", explanation.wrong), ("Right", explanation.right)):
        parts += [f"**{title}**", f"```{explanation.language}\n{code}\n```"] if code else []
    return {
        "text": f"{explanation.why} {command} says more.",
        "markdown": "\n\n".join([*parts, f"`{command}`"]),
    }


def _result(fault: Fault, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": fault.verdict.rule,
        "ruleIndex": rule,
        "level": "error" if fault.verdict.failed else "warning",
        "message": {"text": fault.detail},
    }
    if fault.place is not None:
        result["locations"] = [{"physicalLocation": _location(fault.place)}]
    return result


def _location(place: Place) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    if place.text:
        region["snippet"] = {"text": place.text}
    return {"artifactLocation": _artifact(place.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    if Path(path).is_absolute():
        # Not Path.as_uri(), which encodes as the locale does and fails on "ü" in the C locale.
        return {"uri": "file://" + quote(path if path.startswith("/") else f"/{path}", safe="/:")}
    return {"uri": quote(path), "uriBaseId": "SRCROOT"}
