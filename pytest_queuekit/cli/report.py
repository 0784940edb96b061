"""`queuekit report`: a table or a badge, from the JSON reports of one or more runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pytest_queuekit.cli.output import write_file, write_out
from pytest_queuekit.errors import UsageError
from pytest_queuekit.report import badge, matrix
from pytest_queuekit.report.formats.html import page
from pytest_queuekit.report.formats.json import read_run
from pytest_queuekit.report.lines import markdown_cell

_EXAMPLES = """\
examples:
  pytest --queue-validate --queue-impl litequeue --queue-impl huey \\
      --queue-report json:run.json
  queuekit report run.json                       a Markdown table
  queuekit report --rules linux.json mac.json    a row for each rule
  queuekit report run.json --format html --output run.html
  queuekit report run.json --format badge --output badge.svg
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "report",
        help="make a table or a badge from the JSON reports of runs",
        description="Make a table or a badge from reports of --queue-report json:PATH: one column\n"
        "for each queue of each run, one row for each family of rules.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("reports", metavar="REPORT.json", type=Path, nargs="+", help="a report")
    parser.add_argument(
        "--format",
        choices=["html", *_FORMATS],
        default="markdown",
        help="markdown (a table, the default), html (one file with all proofs), badge (an SVG), "
        "badge-json (for the endpoint of shields.io)",
    )
    parser.add_argument("--rules", action="store_true", help="a row for each rule and target")
    parser.add_argument("--output", metavar="PATH", type=Path, help="write to a file")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Write the report. Raises UsageError for what is no report, or for a badge of many queues."""
    del rest
    runs = {str(path): read_run(path) for path in options.reports}
    table = matrix.columns(runs)
    if options.format.startswith("badge") and len(table) != 1:
        names = ", ".join(column.title for column in table) or "none"
        raise UsageError(f"--format {options.format} takes one run of one queue, not {names}")
    text = (
        page(runs) if options.format == "html" else _FORMATS[options.format](table, options.rules)
    )
    if options.output is None:
        write_out(text)
        return 0
    write_file(text, options.output, "--output")
    return 0


def _markdown(table: Sequence[matrix.Column], by_rule: bool) -> str:
    head, *rows = ([*map(markdown_cell, row)] for row in matrix.rows(table, by_rule=by_rule))
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


_FORMATS: Mapping[str, Callable[[Sequence[matrix.Column], bool], str]] = MappingProxyType(
    {
        "markdown": _markdown,
        "badge": lambda table, _: badge.as_svg(table),
        "badge-json": lambda table, _: badge.as_json(table),
    }
)
