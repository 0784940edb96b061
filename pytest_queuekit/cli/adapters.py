"""`queuekit adapters`: lists the adapters that --queue-impl accepts by name.

They are built in, or published by installed packages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from pytest_queuekit.adapters.catalogue import BUILT_IN, BuiltIn
from pytest_queuekit.errors import UsageError

_EXAMPLES = """\
examples:
  queuekit adapters
  queuekit validate --impl litequeue    validate one of them

An adapter of your own needs no name: queuekit validate --impl module:Class
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    commands.add_parser(
        "adapters",
        help="list the adapters that --impl accepts by name",
        description="List the adapters that are built in, and those that installed packages\n"
        "publish through the entry-point group queuekit.adapters.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the list and return 0."""
    del options, rest
    lines = ["Built in"]
    for entry in BUILT_IN.values():
        lines += _built_in(entry)
    lines += ["", "Published", *_published()]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _row(name: str, text: str) -> str:
    return f"  {name:<20}{text}"


def _built_in(entry: BuiltIn) -> Iterator[str]:
    try:
        entry.load()
    except UsageError:
        yield _row(entry.name, f"{entry.sentence} (library not installed)")
        yield _row("", f"pip install 'pytest-queuekit[{entry.extra}]'")
    else:
        extra = f" (extra {entry.extra}: installed)" if entry.extra else ""
        yield _row(entry.name, entry.sentence + extra)


def _published() -> Iterator[str]:
    # Here and not above: the other commands need no list of installed packages.
    from pytest_queuekit.adapters.published import published

    adapters = published()
    if not adapters:
        yield "  none: no installed package publishes an adapter"
    for adapter in adapters:
        yield _row(adapter.name, f"{adapter.target} ({adapter.package})")
        try:
            adapter.load()
        except UsageError as error:
            yield _row("", str(error))
        if adapter.name in BUILT_IN:
            yield _row("", f"hidden by the built-in name; give {adapter.target}")
