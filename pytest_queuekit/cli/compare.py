"""`queuekit compare`: tells what changed between two runs, from their JSON reports."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pytest_queuekit.cli.output import write_out
from pytest_queuekit.model.verdict import Measurement
from pytest_queuekit.report.comparison import Change, Difference, changed_environment, compare
from pytest_queuekit.report.failure import headline
from pytest_queuekit.report.formats.json import read_run
from pytest_queuekit.report.lines import figure, markdown_cell, wrapped

_EXAMPLES = """\
examples:
  pytest --queue-validate --queue-report json:main.json     on the main branch
  pytest --queue-validate --queue-report json:new.json      with the change
  queuekit compare main.json new.json
  queuekit compare main.json new.json --max-slowdown 2
  queuekit compare main.json new.json --markdown >> "$GITHUB_STEP_SUMMARY"

exit status: 0 no news, 1 a MUST rule or a target fails that did not fail before,
or lost its answer, or is slower than --max-slowdown allows; 2 a usage error.
"""

_SHOWN = 1.5
"""The ratio from which a measurement is told as slower or faster."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "compare",
        help="tell what changed between two runs",
        description="Compare two reports of --queue-report json:PATH: what fails now, what is\n"
        "fixed, what is no longer tested or newly tested, and what is slower.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("old", metavar="OLD.json", type=Path, help="the report to compare with")
    parser.add_argument("new", metavar="NEW.json", type=Path, help="the report of the newer run")
    parser.add_argument(
        "--max-slowdown",
        metavar="RATIO",
        type=_ratio,
        help="fail if a measurement takes more than RATIO times as long as before, such as 2; "
        f"without it, from {_SHOWN:g} times on it is shown",
    )
    parser.add_argument("--markdown", action="store_true", help="print Markdown")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the differences; return 1 if there is bad news. Raises UsageError for no report."""
    del rest
    old, new = read_run(options.old), read_run(options.new)
    limit = options.max_slowdown
    found = compare(old, new, slowdown=min(limit or _SHOWN, _SHOWN))
    changed = changed_environment(old, new)
    environment = [
        f"{name} {before or '-'} -> {now or '-'}" for name, (before, now) in changed.items()
    ]
    write_out((_as_markdown if options.markdown else _as_text)(found, environment))
    too_slow = any(limit and each.slowdown > limit for each in found)
    return int(too_slow or any(each.is_news for each in found))


def _ratio(text: str) -> float:
    try:
        ratio = float(text)
    except ValueError:
        ratio = 0.0
    if not 1 <= ratio < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of at least 1, such as 1.5")
    return ratio


def _as_text(found: Sequence[Difference], environment: Sequence[str]) -> str:
    lines = wrapped(f"Different: {', '.join(environment)}", hanging="  ") if environment else []
    queue, change = "", None
    for each in found:
        if each.verdict.queue != queue:
            queue, change = each.verdict.queue, None
            lines += [""] * bool(lines) + [queue]
        if each.change != change:
            change = each.change
            lines.append(f"  {change}")
        lines += wrapped(_told(each), indent="    ", hanging="  ")
    return "\n".join([*lines, *[""] * bool(lines), _counts(found)]) + "\n"


def _as_markdown(found: Sequence[Difference], environment: Sequence[str]) -> str:
    lines = ["## Queue comparison", "", _counts(found), ""]
    if environment:
        lines += [markdown_cell(f"Different: {', '.join(environment)}."), ""]
    if found:
        lines += ["| queue | change | check |", "|---|---|---|"]
        rows = ((each.verdict.queue, each.change.value, _told(each)) for each in found)
        lines += [f"| {' | '.join(map(markdown_cell, row))} |" for row in rows]
    return "\n".join(lines).rstrip() + "\n"


def _counts(found: Sequence[Difference]) -> str:
    counts = Counter(each.change for each in found)
    return ", ".join(f"{counts[change]} {change}" for change in Change if counts[change]) or (
        "No check changed its answer."
    )


def _told(difference: Difference) -> str:
    """Return a check and what is to be known about its change."""
    verdict, change = difference.verdict, difference.change
    name = verdict.name
    if difference.measured:
        return f"{name}: {_measured(*difference.measured, difference.slowdown)}"
    if change in (Change.NEWLY_FAILING, Change.STILL_FAILING, Change.NOT_AS_RECOMMENDED):
        faults = verdict.violations or verdict.findings
        return f"{name}: {faults[0].title}" if faults else f"{verdict.rule} {headline(verdict)}"
    if change is Change.NO_LONGER_TESTED:
        new = difference.new
        return f"{name}: {f'{new.status}: {new.reason}' if new else 'the newer run lacks it'}"
    if change is Change.WAIVED and verdict.waiver:
        return f"{name}: {verdict.waiver.reason} ({verdict.waiver.source})"
    return name


def _measured(old: Measurement, new: Measurement, slowdown: float) -> str:
    """Return two measurements and their ratio: "claim 1.2 ms -> 3.6 ms, 3 times as slow"."""
    values = [f"{figure(each.value)} {each.unit}" for each in (old, new)]
    ratio = f"{slowdown:.1f} times as slow" if slowdown > 1 else f"{1 / slowdown:.1f} times as fast"
    text = f"{new.what} {' -> '.join(values)}, {ratio}"
    if old.floor is None or new.floor is None or new.unit != "ms":
        return text
    floors = " -> ".join(f"{figure(floor)} ms" for floor in (old.floor, new.floor))
    return f"{text} (a commit of plain sqlite3: {floors})"
