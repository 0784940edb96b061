"""`queuekit review`: reviews source files against the checklist."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_queuekit import __version__
from pytest_queuekit.cli.output import write_file, write_out, write_utf8
from pytest_queuekit.cli.progress import Progress
from pytest_queuekit.cli.terminal import broken, prose
from pytest_queuekit.errors import UsageError
from pytest_queuekit.report.lines import WIDTH
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

To suppress a finding, add a comment to its line:
  # queuekit: ignore[QR104] the reason
The exit status is 0 without findings, 1 with findings, 2 for a usage error,
3 for an error of the review itself.
"""

FORMATS = ("text", "json", "sarif", "github")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "review",
        help="review code that builds on the reference queue",
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
    group.add_argument(
        "--list",
        action="store_true",
        help="list the items of the checklist, and how each is decided",
    )
    group.add_argument("--explain", metavar="CODE", help="show one item in full, with examples")
    group.add_argument("--markdown", action="store_true", help="print the checklist as Markdown")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Review, or print the checklist. Raises UsageError."""
    del rest
    if options.format not in FORMATS:
        hint = did_you_mean(options.format, FORMATS)
        raise UsageError(f"--format={options.format!r} is not one of {', '.join(FORMATS)}{hint}")
    if options.list:
        write_out(_as_list())
    elif options.markdown:
        write_utf8(as_markdown())
    elif options.explain:
        write_out(_explained(options.explain))
    elif options.paths:
        return _review(options)
    else:
        raise UsageError("nothing to review: give files or folders, or --list")
    return 0


def _review(options: argparse.Namespace) -> int:
    # Imported here, so that the other commands do not wait for the SQL parser.
    from pytest_queuekit.review.run import cores, review

    if "" in options.paths:
        raise UsageError("path='' is empty: give a file or a folder to review")
    paths = [Path(path) for path in options.paths]
    progress = Progress()
    result = review(
        paths,
        processes=cores(),
        progress=lambda done, files: progress(f"reviewed {done} of {files} files"),
    )
    progress("")
    text = _formatted(result, options.format)
    if options.output:
        write_file(text, Path(options.output), "--output")
    else:
        _print(write_out if options.format == "text" else write_utf8, text)
    return 1 if any(verdict.failed for verdict in result.verdicts) else 0


def _print(write: Callable[[str], None], text: str) -> None:
    """Print the findings. Raises UsageError if that fails: a status of 1 would mean findings."""
    try:
        write(text)
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"the findings cannot be printed: {error}") from error


def _formatted(result: Review, form: str) -> str:
    if form == "json":
        from pytest_queuekit.report.findings_json import as_json

        return as_json(result.verdicts, result.files)
    if form == "sarif":
        from pytest_queuekit.report.sarif import as_sarif

        return as_sarif(result.verdicts, tool="queuekit review", version=__version__)
    if form == "github":
        from pytest_queuekit.report.github import as_annotations

        return as_annotations(result.verdicts)
    from pytest_queuekit.report.review import text

    return text(result.verdicts, result.files)


def _as_list() -> str:
    from pytest_queuekit.review.catalogue import ABOUT_FILES, GROUPS

    lines = ["Files"]
    for code in ABOUT_FILES.values():
        lines += _wrapped(f"{code.id}  {code.sentence}", indent="  ", hanging=7)
    for group in GROUPS:
        lines += ["", group.name]
        for code in group.codes:
            text = f"{code.id}  {code.sentence} ({_decided(code)})"
            lines += _wrapped(text, indent="  ", hanging=7)
    return "\n".join(lines) + "\n"


def _decided(code: Code) -> str:
    return f"{code.decided}: {code.how}" if code.how else code.decided


def _wrapped(text: str, width: int = WIDTH, *, indent: str = "", hanging: int = 0) -> list[str]:
    """Return lines of some columns, with `hanging` more columns of indent after the first."""
    later = indent + " " * hanging
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=later)


def _explained(name: str) -> str:
    from pytest_queuekit.review.catalogue import ABOUT_FILES, CODES

    known = ABOUT_FILES | {code.id: code for code in CODES}
    code = known.get(name.upper())
    if code is None:
        raise UsageError(f"--explain={name}: unknown code{did_you_mean(name, known)}")
    return explain_code(code, prose())


def explain_code(code: Code, width: int) -> str:
    """Return a code in full, in lines of some columns: its fault, rule, reason and examples."""
    lines = _wrapped(f"{code.id}: {code.title}", width, hanging=2)
    for text in (code.sentence, code.why, f"decided {_decided(code)}"):
        lines += _wrapped(text, width, indent="  ")
    for word, example in (("wrong", code.wrong), ("right", code.right)):
        if example:
            lines += ["", f"{word}:", *broken(textwrap.indent(example.rstrip(), "    "), width)]
    return "\n".join(lines) + "\n"


def as_markdown() -> str:
    """Return a table of the checklist, and a section for each group with an entry for each code."""
    from pytest_queuekit.review.catalogue import ABOUT_FILES, GROUPS

    lines = ["## The checklist", "", "| line of the checklist | code | decided |", "|---|---|---|"]
    lines += [*_rows(), ""]
    for group in GROUPS:
        lines += [f"## {group.name}", ""]
        for code in group.codes:
            lines += _entry(code)
    lines += ["## Files", ""]
    for code in ABOUT_FILES.values():
        lines += [f"### {code.id}", "", f"**{code.title}.** {code.sentence} {code.why}", ""]
    return "\n".join(lines)


def _rows() -> Iterator[str]:
    from pytest_queuekit.review.catalogue import CODES, PITFALLS

    known = {code.id: code for code in CODES}
    for code in CODES:
        if code.item not in PITFALLS:
            item = code.item or "(not on the checklist; the review adds it)"
            yield f"| {item} | {code.id} | {code.decided} |"
    for pitfall, name in PITFALLS.items():
        yield f"| {pitfall} | {name} | {known[name].decided} |"


def _entry(code: Code) -> list[str]:
    lines = [f"### {code.id}", "", f"**{code.title}.** {code.sentence} {code.why}", ""]
    if not code.check:
        return [*lines, f"Decided {_decided(code)}", ""]
    for word, example in (("Wrong", code.wrong), ("Right", code.right)):
        lines += [f"{word}:", "", "<!-- run: no, it is reviewed -->", "```python"]
        lines += [example.rstrip(), "```", ""]
    return lines
