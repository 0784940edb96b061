"""`queuekit record`: lets several threads call a queue, and writes a history of their calls."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_queuekit.cli.output import write_out
from pytest_queuekit.cli.progress import Progress
from pytest_queuekit.errors import AdapterError, UsageError
from pytest_queuekit.report.lines import counted, wrapped

if TYPE_CHECKING:
    from pytest_queuekit.execution.bench import Recording

_EXAMPLES = """\
examples:
  queuekit record --impl shop.adapter:ShopQueue
  queuekit record --impl litequeue --tasks 10000 --workers 8 --output lite.jsonl
  queuekit check history.jsonl --contract shop.adapter:ShopQueue

exit status: 0 recorded until the queue was empty, 1 recorded, but the queue
could not be emptied or used; 2 a usage error; 130 Ctrl-C, which leaves a usable
file.
"""

_WORKERS = 4


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "record",
        help="record a history of a queue under load, for queuekit check",
        description="Let several threads call a new queue through its adapter, and write every\n"
        "call as a line of JSON. `queuekit check` judges the file.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--impl", metavar="SPEC", required=True, help="the queue, as `queuekit validate` takes it"
    )
    parser.add_argument(
        "--tasks",
        metavar="N",
        type=_number,
        default=1000,
        help="the tasks that the workers enqueue together; default: 1000",
    )
    parser.add_argument(
        "--workers",
        metavar="K",
        type=_number,
        help=f"the threads; default: {_WORKERS}, or 1 if the queue is declared for one thread",
    )
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=_seconds,
        default=60.0,
        help="enqueue no more after this time; default: 60",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=int,
        default=0,
        help="decides what each worker does; chance decides how the threads meet; default: 0",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        default=Path("history.jsonl"),
        help="the history, a file that does not exist yet; default: history.jsonl",
    )


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Record, and return 1 if the queue was not emptied. Raises UsageError."""
    del rest
    # Imported here, so that the other commands do not wait for the drivers.
    from pytest_queuekit.adapters.resolve import resolve
    from pytest_queuekit.execution.bench import record_workload
    from pytest_queuekit.execution.workload import Workload
    from pytest_queuekit.model.capabilities import Sharing

    queue, progress = resolve(options.impl, source="--impl"), Progress()
    usual = 1 if queue.contract.sharing is Sharing.NONE else _WORKERS
    workload = Workload(tasks=options.tasks, workers=options.workers or usual, seed=options.seed)
    try:
        with tempfile.TemporaryDirectory(prefix="queuekit-", ignore_cleanup_errors=True) as folder:
            recording = record_workload(
                queue,
                workload,
                options.output,
                folder=Path(folder),
                seconds=options.seconds,
                progress=progress,
            )
    except FileExistsError:
        raise UsageError(
            f"--output {options.output}: this file exists: remove it, or give another one"
        ) from None
    except OSError as error:
        where = error.filename or options.output
        raise UsageError(f"{where} cannot be written: {error.strerror or error}") from error
    except AdapterError as error:
        raise UsageError(f"--impl {options.impl}: {error}") from error
    except KeyboardInterrupt:
        progress("")
        sys.stderr.write(f"queuekit: interrupted; {options.output} has the calls so far\n")
        raise
    finally:
        progress("")
    problems = list(_problems(recording))
    write_out("\n".join([*_told(options, recording), *problems]) + "\n")
    return int(bool(problems))


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1 to 1,000,000")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of seconds above 0")
    return seconds


def _told(options: argparse.Namespace, recording: Recording) -> Iterator[str]:
    calls = counted(len(recording.history), "call")
    tasks = counted(len({call.task for call in recording.history} - {None}), "task")
    yield from wrapped(f"{options.output}: {calls} on {tasks}.", hanging="  ")
    if recording.over_time:
        yield f"The time ended before the workers did: {options.seconds:g} s."
    names = (str(options.output), options.impl)
    yield "Judge it: queuekit check {} --contract {}".format(*map(shlex.quote, names))


def _problems(recording: Recording) -> Iterator[str]:
    """Yield the reasons why the history proves less than it might, a line each."""
    history = recording.history
    for call in history:
        if call.end is None:
            yield from wrapped(f"`{call.actor}` did not return from {call.verb}.", hanging="  ")
    if not any(call.is_delivery for call in history):
        errors = [f"{call.verb}: {call.error}" for call in history if call.error]
        reason = f" The first error is of {errors[0]}" if errors else ""
        yield from wrapped(f"No claim brought a task.{reason}", hanging="  ")
    elif not history.drained:
        text = "Not emptied: a task may be lost, or wait for longer than the bench does."
        yield from wrapped(text, hanging="  ")
