"""The report formats. A further format is one module here and one line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from pytest_queuekit.model.run_result import RunResult

Format = Callable[[RunResult], str]
"""Makes the content of a report from a run."""


def _format(module: str, function: str) -> Format:
    """Return a format whose module is loaded with its first report: most runs need none."""

    def make(result: RunResult) -> str:
        written: str = getattr(import_module(f"{__name__}.{module}"), function)(result)
        return written

    return make


HTML_NEEDS = "needs jinja2: pip install 'pytest-queuekit[html]'"
"""What stands in the error of a run that asks for a page and lacks the library."""

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "github": _format("github", "summary"),
        "gitlab": _format("gitlab", "as_code_quality"),
        "html": _format("html", "as_html"),
        "json": _format("json", "as_json"),
        "junit": _format("junit", "as_junit"),
        "sarif": _format("sarif", "as_sarif"),
        "text": _format("text", "as_text"),
    }
)
"""The formats by the name that `--queue-report FORMAT:PATH` takes."""
