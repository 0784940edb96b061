"""A run for GitHub Actions: Markdown for the step summary, and annotations
(https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.model.verdict import Verdict
from pytest_queuekit.report import gate
from pytest_queuekit.report.closing import closings
from pytest_queuekit.report.failure import explain, same_cause
from pytest_queuekit.report.faults import faults
from pytest_queuekit.report.github import command
from pytest_queuekit.report.lines import markdown_cell, printable


def summary(result: RunResult) -> str:
    """Return the run as Markdown: conclusions, failures with their proof, and the gate."""
    lines = ["## Queue validation", "", "| subject | conclusion | tested |", "|---|---|---|"]
    lines += [
        f"| {markdown_cell(closing.subject.title)} | **{closing.conclusion}** "
        f"| {markdown_cell(closing.text)} |"
        for closing in closings(result)
    ]
    lines += ["", *(f"- {markdown_cell(line)}" for line in result.unmet + result.errors)]
    for verdict in result.verdicts:
        if verdict.failed:
            lines += _failure(verdict)
    if result.scoreboard is not None:
        lines += ["", gate.as_markdown(result.scoreboard)]
    return "\n".join(lines).rstrip() + "\n"


def workflow_commands(result: RunResult) -> Iterator[str]:
    """Yield a workflow command for each finding and each other failure, at its line if known."""
    for fault in faults(verdict for verdict in result.verdicts if verdict.failed):
        verdict = fault.verdict
        queue = "" if verdict.findings and fault.place else f" [{verdict.queue}]"
        yield command(fault.place, f"{verdict.name}{queue}", fault.detail)


def _failure(verdict: Verdict) -> list[str]:
    if verdict.same_as:
        line = same_cause(verdict, verdict.same_as)
        return [
            "",
            f"- {markdown_cell(f'{verdict.name} ({verdict.queue})')}: {markdown_cell(line)}",
        ]
    proof = [f"    {printable(line)}" for line in explain(verdict)]
    name = f"{markdown_cell(verdict.name)} ({markdown_cell(verdict.queue)})"
    return ["", f"<details><summary>{name}</summary>", "", *proof, "", "</details>"]
