"""Records a program's own calls on a queue in a history file, for `queuekit check`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_queuekit.histories.head import Head
from pytest_queuekit.histories.writing import line_of
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.recording.clock import RealClock
from pytest_queuekit.recording.operation_log import LogFile
from pytest_queuekit.recording.recorder import Recorder


@contextmanager
def record(
    adapter: type[QueueAdapter],
    location: str,
    *,
    actor: str,
    path: Path,
    lease: float | None = None,
    complete: bool = False,
    drained: bool = False,
) -> Iterator[Recorder]:
    """Open a queue, and write each call on it to a file of this actor.

    Each thread and each process is an actor with a file of its own; the files together are one
    history. All times are those of this machine's monotonic clock. A call is written when it begins
    and when it ends, so that a kill at any moment leaves a file that `queuekit check` reads.

    adapter, location: the class of the queue, and where the queue is.
    actor: the name of the worker.
    path: the file, which must not exist yet. Raises FileExistsError.
    lease: seconds of the lease that each claim asks for, if the queue has the option.
    complete: True if the queue was empty at first, and all calls on it are recorded.
    drained: True if the program will claim until the queue is empty, after every lease has ended.
    """
    contract = Contract.of(adapter)
    with path.open("x", encoding="ascii") as file:
        file.write(f"{Head(clock='ns', complete=complete, drained=drained).line()}\n")
    with LogFile(path, line_of) as log:
        recorder = Recorder(
            adapter(location),
            actor=actor,
            contract=contract,
            clock=RealClock(epoch=0),
            sink=log,
            lease=lease,
        )
        try:
            yield recorder
        finally:
            recorder.dispose()
