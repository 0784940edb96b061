"""`queuekit check`: judges a history that was recorded elsewhere."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_queuekit.cli.judgement import as_json, as_text
from pytest_queuekit.cli.output import write_out
from pytest_queuekit.cli.progress import Progress
from pytest_queuekit.errors import HistoryError, UsageError

if TYPE_CHECKING:
    from pytest_queuekit.histories.judging import Judgement
    from pytest_queuekit.histories.reading import Recorded
    from pytest_queuekit.model.contract import Contract

_EXAMPLES = """\
examples:
  queuekit check history.jsonl --contract shop.adapter:ShopQueue
  queuekit check worker-*.jsonl --contract contract.toml
  queuekit check jobs.csv --map map.toml --contract contract.toml
  queuekit check history.jsonl --contract contract.toml --shrunk small.jsonl

exit status: 0 no violation, 1 a violation, 2 a usage error, such as a line that
is no call.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "check",
        help="judge a history that was recorded elsewhere",
        description="Judge the calls on a queue that a program, in any language, wrote down:\n"
        "each violation that they prove, with the few calls that prove it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "histories", metavar="HISTORY", nargs="+", type=Path, help="the files of one history"
    )
    parser.add_argument(
        "--contract",
        metavar="CONTRACT",
        required=True,
        help="what the queue promises: an adapter, as --impl takes it, or a .toml or .json file",
    )
    parser.add_argument(
        "--map",
        metavar="FILE",
        type=Path,
        help="a .toml file that maps the columns of CSV logs, or the keys of JSON logs, to calls",
    )
    parser.add_argument(
        "--shrunk",
        metavar="FILE",
        type=Path,
        help="write the fewest calls that prove the first violation, as a history file",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Print the violations and return 1 if there are any. Raises UsageError."""
    del rest
    # Imported here, so that the other commands do not wait for the monitors.
    from pytest_queuekit.histories.judging import judge
    from pytest_queuekit.histories.logs import open_log
    from pytest_queuekit.histories.mapping import read_mapping
    from pytest_queuekit.histories.reading import open_lines, read_files

    contract, progress = _contract(options.contract), Progress()
    mapping = read_mapping(options.map) if options.map else None
    reader = partial(open_log, mapping=mapping) if mapping else open_lines
    try:
        with _without_collector():
            recorded = read_files(options.histories, progress, reader)
            judgement = judge(recorded, contract, progress)
            if options.shrunk and judgement.violations:
                _write_shrunk(options.shrunk, judgement, recorded, contract)
    except HistoryError as error:
        raise UsageError(str(error)) from error
    finally:
        progress("")
    explained = _explained(judgement, recorded, contract)
    write_out((as_json if options.json else as_text)(explained, recorded))
    return int(bool(judgement.violations))


def _contract(text: str) -> Contract:
    from pytest_queuekit.adapters.resolve import resolve
    from pytest_queuekit.histories.contract_file import SUFFIXES, read_contract

    if text.endswith(SUFFIXES):
        return read_contract(Path(text))
    return resolve(text, source="--contract").contract


def _write_shrunk(path: Path, judgement: Judgement, recorded: Recorded, contract: Contract) -> None:
    from pytest_queuekit.histories.judging import violations
    from pytest_queuekit.histories.shrinking import shrink
    from pytest_queuekit.histories.writing import write_lines

    head = replace(recorded.head, clock="ns", tolerance=0.0)  # its intervals are wide already
    judged = partial(violations, contract=contract, complete=head.complete)
    write_lines(shrink(judgement.history, judgement.violations[0], judged), head, path)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python from searching a million calls for cycles again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _explained(judgement: Judgement, recorded: Recorded, contract: Contract) -> Judgement:
    """Return a judgement whose proofs have the calls around them, and the broken declarations."""
    from pytest_queuekit.rules.declared import broken
    from pytest_queuekit.rules.witness import complete

    history = recorded.history
    shown = [
        replace(complete(first, history), declared=broken(first, history, contract))
        for first in judgement.violations
    ]
    return replace(judgement, violations=shown)
