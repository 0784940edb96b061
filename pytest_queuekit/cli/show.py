"""`queuekit show`: prints and draws the failures that a project keeps, and runs nothing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pytest_queuekit.cli.output import write_file, write_out
from pytest_queuekit.cli.terminal import columns, prose
from pytest_queuekit.errors import ReportError, UsageError
from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.model.verdict import RuleRun, Verdict
from pytest_queuekit.report.failure import explain
from pytest_queuekit.report.formats.html import as_html
from pytest_queuekit.report.formats.json import as_data
from pytest_queuekit.report.formats.text import environment
from pytest_queuekit.report.kept import Kept, folder_from, kept_in
from pytest_queuekit.report.lines import cut, wrapped
from pytest_queuekit.report.plain_timeline import drawn, numbered
from pytest_queuekit.suggest import did_you_mean

_EXAMPLES = """\
examples:
  queuekit show                         what is kept, the newest first
  queuekit show ACK-6-1a2b3c            one failure, as the run printed it
  queuekit show ACK-6                   the newest failure of a rule
  queuekit show ACK-6 --timeline        its calls as a drawing
  queuekit show ACK-6 --all             every call of the run, beside the proof
  queuekit show ACK-6 --html ack.html   a page for people
"""

_TITLE = 20
"""Columns of a title in the list. With fewer, a failure has lines of its own."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "show",
        help="show a failure of an earlier run again, with all its calls",
        description="Show the failures that earlier runs kept in the project, without running\n"
        "anything. Without an ID, list them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "id", metavar="ID", nargs="?", help="an id of the list, or a rule: its newest failure"
    )
    parser.add_argument("--all", action="store_true", help="every call of the run")
    parser.add_argument(
        "--timeline", action="store_true", help="a drawing, with a lane for each actor"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page to a file")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the list or a failure. Raises UsageError for an unknown id."""
    del rest
    folder = folder_from(Path.cwd())
    known = kept_in(folder)
    if options.id is None:
        if options.all or options.timeline or options.html:
            raise UsageError("--all, --timeline and --html need an ID: queuekit show lists them")
        write_out(_list_as_json(known) if options.json else _list_as_text(known, folder))
        return 0
    kept = _chosen(options.id, known, folder)
    result, verdict = kept.read()
    if options.html:
        # Imported here: the rules take long to load, and nothing else needs them.
        from pytest_queuekit.rules.explanations import explanations

        explained = replace(result, explanations=explanations([verdict.rule]))
        write_file(as_html(explained), options.html, "--html")
    elif options.json:
        write_out(json.dumps(as_data(result), indent=2) + "\n")
    else:
        head = f"{verdict.rule}[{verdict.queue}] {verdict.slug}"
        lines = [*wrapped(head, width=prose()), *_kept(kept, result), ""]
        lines += [*explain(verdict, prose()), *_calls(verdict, options)]
        write_out("\n".join(lines) + "\n")
    return 0


def _chosen(name: str, known: Sequence[Kept], folder: Path) -> Kept:
    """Return the failure with this id, or the newest of this rule. Capitals make no difference."""
    for kept in known:
        if name.casefold() in (kept.id.casefold(), kept.rule.casefold()):
            return kept
    hint = did_you_mean(name, [name for kept in known for name in (kept.id, kept.rule)])
    raise UsageError(f"ID={name}: no failure in {folder} has this id or rule{hint}")


def _moment(kept: Kept) -> datetime:
    return datetime.fromtimestamp(kept.at, tz=UTC).astimezone()


def _kept(kept: Kept, result: RunResult) -> list[str]:
    return wrapped(f"Kept {_moment(kept):%Y-%m-%d %H:%M}; {environment(result)}", width=prose())


def _calls(verdict: Verdict, options: argparse.Namespace) -> Iterator[str]:
    """Yield the calls that the options ask for: those of the proof, or of the whole run."""
    run = verdict.detail
    if not (options.all or options.timeline) or not isinstance(run, RuleRun) or run.history is None:
        return
    # An operation of a proof says more than that of the history, such as the tasks of its batch.
    proof = run.violations[0].witness
    known = {operation.number: operation for operation in proof}
    calls = [known.get(each.number, each) for each in run.history] if options.all else list(proof)
    if options.timeline:
        yield from ("", *drawn(calls, proof=proof, width=columns()))
    yield from ("", *numbered(calls, proof=proof, width=columns()))


def _title(verdict: Verdict) -> str:
    return verdict.violations[0].title if verdict.violations else verdict.sentence


def _list_as_text(known: Sequence[Kept], folder: Path) -> str:
    if not known:
        return f"No failure is kept in {folder}.\n"
    rows = []
    for kept in known:
        try:
            verdict = kept.read_verdict()
            queue, title = verdict.queue, _title(verdict)
        except ReportError as error:
            queue, title = "?", str(error)
        rows.append((kept.id, queue, f"{_moment(kept):%Y-%m-%d %H:%M}", title))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    most = columns()
    if sum(widths) + 2 * len(widths) + _TITLE > most:
        return "".join(f"{line}\n" for row in rows for line in _entry(*row, most))
    lines = []
    for *cells, title in rows:
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        lines.append(cut("  ".join([*padded, title]), most))
    return "\n".join(lines) + "\n"


def _entry(name: str, queue: str, at: str, title: str, width: int) -> list[str]:
    """Return a failure of the list on a terminal that has no room for its columns."""
    head = wrapped(f"{name} {queue}", hanging="  ", width=width)
    return [*head, *wrapped(f"{at} {title}", indent="  ", width=width)]


def _list_as_json(known: Sequence[Kept]) -> str:
    entries = []
    for kept in known:
        verdict = kept.read_verdict()
        entries.append(
            {
                "id": kept.id,
                "rule": verdict.rule,
                "queue": verdict.queue,
                "at": _moment(kept).isoformat(timespec="seconds"),
                "title": _title(verdict),
                "verdict": str(kept.path),
                "history": str(kept.history),
            }
        )
    return json.dumps(entries, indent=2) + "\n"
