"""Writes the result of a run: JUnit properties and report files.

A format is imported where it is used: most runs need none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.guard import in_words
from pytest_queuekit.report.formats import FORMATS


def write_reports(
    reports: Sequence[tuple[str, Path | None]], result: RunResult
) -> Iterator[tuple[str, bool]]:
    """Write the reports; yield a line about each, and True if it is a failure."""
    for name, path in reports:
        try:
            content = FORMATS[name](result)
            if path is not None:
                path.write_text(content, encoding="utf-8")
                yield f"{name} report: {path}", False
                continue
            summary = os.environ.get("GITHUB_STEP_SUMMARY")
            if summary:
                with Path(summary).open("a", encoding="utf-8") as file:
                    file.write(f"{content}\n")
            from pytest_queuekit.report.formats.github import workflow_commands

            yield from ((line, False) for line in workflow_commands(result))
        except OSError as error:
            target = path or os.environ.get("GITHUB_STEP_SUMMARY")
            yield f"the {name} report could not be written to {target}: {error}", True
        except Exception as error:  # noqa: BLE001 - it is shown, and it fails the run
            yield in_words(error, f"the {name} report"), True


def tell_junit(config: pytest.Config, result: RunResult) -> None:
    """Add environment, conclusions and criteria to the properties of pytest's own JUnit file."""
    for plugin in config.pluginmanager.get_plugins():
        add: Any = getattr(plugin, "add_global_property", None)
        if callable(add):
            from pytest_queuekit.report.formats.junit import properties

            for name, value in properties(result):
                add(name, value)


def keep_out_of_the_way(config: pytest.Config) -> list[str]:
    """Keep settings for the user's own tests from changing a run of the kit.

    Node ids of checks stay as they are, and --cov-fail-under does not apply to a run without the
    user's own tests. Returns notes for the end of the run, which name the settings without effect.
    """
    relative = config.cwd_relative_nodeid

    def node_id(nodeid: Any) -> Any:
        return nodeid if options.is_node_id(str(nodeid)) else relative(nodeid)

    # The id of a check is not a path: "../../queue-review::QR105" could not be run again.
    config.cwd_relative_nodeid = node_id  # type: ignore[method-assign]
    notes = []
    if config.getini("filterwarnings") or config.known_args_namespace.pythonwarnings:
        notes.append(
            "The queue under test ran with Python's default warning filters: the project's own "
            "(filterwarnings, -W) do not apply to it."
        )
    coverage: Any = config.pluginmanager.get_plugin("_cov")
    limit = getattr(getattr(coverage, "options", None), "cov_fail_under", None)
    tests = config.args_source is pytest.Config.ArgsSource.ARGS and any(
        not options.is_node_id(argument) for argument in config.args
    )
    if limit and not tests and not config.option.queue_gate:
        coverage.options.cov_fail_under = None
        notes.append(
            f"--cov-fail-under={limit:g} does not apply: this run has none of your own tests."
        )
    return notes
