"""`queuekit review`: the checklist, put to source files."""

from __future__ import annotations

import argparse
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_queuekit import __version__
from pytest_queuekit.errors import UsageError
from pytest_queuekit.suggest import did_you_mean

if TYPE_CHECKING:
    from pytest_queuekit.review.code import Code
    from pytest_queuekit.review.run import Review

_EXAMPLES = """\
examples:
  queuekit review src tests             files and folders, as text
  queuekit review src --format sarif --output review.sarif
  queuekit review --list                the checklist, and how each item is decided
  queuekit review --explain QR104       one item, with a wrong and a right example

A finding is suppressed in its own line: # queuekit: ignore[QR104] and the
reason. The exit status is 0 without findings, 1 with some, 2 for bad usage.
"""

FORMATS = ("text", "json", "sarif", "github")
_SLOW = 2.0
"""Seconds after which progress is shown."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "review",
        help="review code that builds on the queue",
        description="Review Python code that builds on the reference queue, and the SQL in it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", help="a file or a folder")
    parser.add_argument(
        "--format", default="text", metavar="FORMAT", help="text (the default), json, sarif, github"
    )
    parser.add_argument("--output", metavar="FILE", help="write to a file")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--list", action="store_true", help="list the checklist")
    group.add_argument("--explain", metavar="CODE", help="explain one item of it")
    group.add_argument("--markdown", action="store_true", help="the checklist as Markdown")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Review, or print the checklist. Raises UsageError."""
    del rest
    if options.format not in FORMATS:
        hint = did_you_mean(options.format, FORMATS)
        raise UsageError(f"--format={options.format!r} is none of {', '.join(FORMATS)}{hint}")
    told = _checklist(options)
    if told is not None:
        sys.stdout.write(told)
        return 0
    if not options.paths:
        raise UsageError("nothing to review: give files or folders, or --list")
    return _review(options)


def _review(options: argparse.Namespace) -> int:
    # Here and not above: the other commands shall not wait for a parser of SQL.
    from pytest_queuekit.review.run import cores, review

    if "" in options.paths:
        raise UsageError("path='' is empty: give a file or a folder to review")
    paths = [Path(one) for one in options.paths]
    found = review(paths, processes=cores(), progress=_Progress())
    text = _written(found, options.format)
    if options.output:
        try:
            Path(options.output).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--output={options.output!r} cannot be written: {error}") from error
    else:
        _print(text)
    return 1 if any(one.failed for one in found.verdicts) else 0


def _print(text: str) -> None:
    """Print what the terminal's encoding can say, and escapes for the rest."""
    if not sys.stdout:
        return  # closed by the caller: then only the status tells
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"the findings cannot be printed: {error}") from error


def _written(found: Review, form: str) -> str:
    if form == "json":
        from pytest_queuekit.report.findings_json import as_json

        return as_json(found.verdicts, found.files)
    if form == "sarif":
        from pytest_queuekit.report.sarif import as_sarif

        return as_sarif(found.verdicts, version=__version__)
    if form == "github":
        from pytest_queuekit.report.github import as_annotations

        return as_annotations(found.verdicts)
    from pytest_queuekit.report.review import text

    return text(found.verdicts, found.files)


class _Progress:
    """Counts files on standard error, where that is a terminal and it takes long."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = bool(sys.stderr) and sys.stderr.isatty()

    def __call__(self, done: int, files: int) -> None:
        """Show how many files are done."""
        if self._shown and time.monotonic() - self._began > _SLOW:
            end = "\n" if done == files else ""
            sys.stderr.write(f"\rreviewed {done} of {files} files{end}")
            sys.stderr.flush()


def _checklist(options: argparse.Namespace) -> str | None:
    """Return what was asked about the checklist itself; None if nothing was."""
    if options.list:
        return _as_list()
    if options.markdown:
        return as_markdown()
    return _explained(options.explain) if options.explain else None


def _as_list() -> str:
    from pytest_queuekit.review.catalogue import ABOUT_FILES, GROUPS

    lines = ["Files"]
    lines += [f"  {code}  {sentence}" for code, sentence in ABOUT_FILES.items()]
    for group in GROUPS:
        lines += ["", group.name]
        for code in group.codes:
            text = f"{code.sentence} ({code.decided}{': ' if code.how else ''}{code.how})"
            lines += textwrap.wrap(
                text, 80, initial_indent=f"  {code.id}  ", subsequent_indent=" " * 9
            )
    return "\n".join(lines) + "\n"


def _explained(name: str) -> str:
    from pytest_queuekit.review.catalogue import CODES

    known = {code.id: code for code in CODES}
    code = known.get(name.upper())
    if code is None:
        hint = did_you_mean(name, known)
        raise UsageError(f"--explain={name}: there is no such code{hint}")
    lines = textwrap.wrap(f"{code.id}: {code.sentence}", 80)
    lines += textwrap.wrap(code.why, 80, initial_indent="  ", subsequent_indent="  ")
    lines += [f"  decided {code.decided}{': ' if code.how else ''}{code.how}"]
    for word, example in (("wrong", code.wrong), ("right", code.right)):
        if example:
            lines += ["", f"{word}:", textwrap.indent(example.rstrip(), "    ")]
    return "\n".join(lines) + "\n"


def as_markdown() -> str:
    """Return a table of the checklist's lines, and a section a group, with an entry an item."""
    from pytest_queuekit.review.catalogue import GROUPS

    lines = ["## The checklist", "", "| line of the checklist | code | decided |", "|---|---|---|"]
    lines += [*_rows(), ""]
    for group in GROUPS:
        lines += [f"## {group.name}", ""]
        for code in group.codes:
            lines += _entry(code)
    return "\n".join(lines)


def _rows() -> Iterator[str]:
    from pytest_queuekit.review.catalogue import CODES, PITFALLS

    for code in CODES:
        if code.item not in PITFALLS:
            yield f"| {code.item} | {code.id} | {code.decided} |"
    known = {code.id: code for code in CODES}
    for pitfall, name in PITFALLS.items():
        yield f"| {pitfall} | {name} | {known[name].decided} |"


def _entry(code: Code) -> list[str]:
    lines = [f"### {code.id}", "", f"{code.sentence} {code.why}", ""]
    if not code.check:
        return [*lines, f"Decided {code.decided}: {code.how}", ""]
    for word, example in (("Wrong", code.wrong), ("Right", code.right)):
        lines += [f"{word}:", "", "<!-- run: no, it is reviewed -->", "```python"]
        lines += [example.rstrip(), "```", ""]
    return lines
