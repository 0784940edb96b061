"""A queue that is emptied again and again does not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import violation
from pytest_queuekit.monitors.timeline.wording import actor, when

_SHARE = 0.5
"""Share of the enqueued bytes that the files may keep."""


def footprint(history: History, contract: Contract) -> list[Violation]:
    """Report `files-grow`: files that keep most of what was enqueued, completed and purged.

    The purges have the arguments `bytes`, the size of all files of the queue, and `written`, the
    bytes that were enqueued so far. `life` is what each task was before a worker completed it, and
    each life is judged apart. The largest size of the last fifth is compared with that of the
    second fifth: a log that is cut now and then has been cut in both.
    """
    by_life: dict[str, list[Operation]] = defaultdict(list)
    for purge in history.by(Verb.PURGE):
        if "bytes" in purge.arguments:
            by_life[purge.arguments["life"]].append(purge)
    return [wrong for life, purges in by_life.items() for wrong in _judged(history, life, purges)]


def _judged(history: History, life: str, purges: Sequence[Operation]) -> Iterator[Violation]:
    fifth = len(purges) // 5
    if not fifth:
        return
    early, late = (
        max(part, key=lambda purge: purge.arguments["bytes"])
        for part in (purges[fifth : 2 * fifth], purges[-fifth:])
    )
    grown = late.arguments["bytes"] - early.arguments["bytes"]
    written = purges[-fifth].arguments["written"] - purges[2 * fifth].arguments["written"]
    if grown > _SHARE * written:
        yield violation(
            "files-grow",
            "Files grow although all tasks are purged",
            f"The queue's files grew from {_size(early)} {when(history, early)} to {_size(late)} "
            f"{when(history, late)}, although {actor(late)} completed and purged the {life} task "
            f"of each of {len(purges):,} rounds.",
            early,
            late,
        )


def _size(purge: Operation) -> str:
    return f"{purge.arguments['bytes']:,} bytes"
