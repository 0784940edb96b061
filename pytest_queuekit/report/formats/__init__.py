"""The report formats. A further format is one module here and one line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.report.formats import github, gitlab, html, json, junit, sarif, text

Format = Callable[[RunResult], str]
"""Makes the content of a report from a run."""

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "github": github.summary,
        "gitlab": gitlab.as_code_quality,
        "html": html.as_html,
        "json": json.as_json,
        "junit": junit.as_junit,
        "sarif": sarif.as_sarif,
        "text": text.as_text,
    }
)
"""The formats by the name that `--queue-report FORMAT:PATH` takes."""
