"""A run as a Code Quality report of GitLab, which it shows in merge requests
(https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.report.faults import Fault, faults


def as_code_quality(result: RunResult) -> str:
    """Return an entry for each fault. One without a place in the code stands at its queue."""
    return json.dumps([*_entries(result)], indent=2, ensure_ascii=False) + "\n"


def _entries(result: RunResult) -> Iterator[dict[str, object]]:
    seen: Counter[str] = Counter()
    for fault in faults(result.verdicts):
        identity = _identity(fault)
        seen[identity] += 1
        name = f"{identity}\0{seen[identity]}".encode("utf-8", "backslashreplace")
        verdict, place = fault.verdict, fault.place
        yield {
            "description": fault.detail,
            "check_name": verdict.name,
            "fingerprint": hashlib.sha256(name).hexdigest(),
            "severity": "major" if verdict.failed else "minor",
            "location": {
                "path": place.path if place else verdict.queue,
                "lines": {"begin": place.line if place else 1},
            },
        }


def _identity(fault: Fault) -> str:
    """Return what a fault keeps when lines above it change: GitLab knows it by that again."""
    verdict, place = fault.verdict, fault.place
    where = (place.path, place.text) if place else ()
    return "\0".join((verdict.rule, verdict.queue, fault.title, *where))
