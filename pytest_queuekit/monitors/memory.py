"""A process that completes and purges its tasks again and again does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import violation
from pytest_queuekit.monitors.timeline.wording import actor, when

_SHARE = 0.5
"""Share of the enqueued bytes that the process may keep."""

_WARM_UP = 0.2
"""Share of the purges before which caches fill and modules load."""

_PARTS = 3
"""Parts of the rest that are compared: a growth that ends is no leak."""


def memory(history: History, contract: Contract) -> list[Violation]:
    """Report `memory-grows`: a process that keeps most of what was enqueued, completed and purged.

    The purges have the arguments `memory`, the bytes of the process, and `written`, the bytes that
    were enqueued so far. The process must grow from each part of the run to the next, by their
    middle values, so that neither a peak nor a lull decides; and it must grow to the very end.
    Counter-example: a queue that keeps its last thousand tasks grows for a thousand rounds.
    """
    purges = [purge for purge in history.by(Verb.PURGE) if "memory" in purge.arguments]
    warm = purges[int(len(purges) * _WARM_UP) :]
    size = len(warm) // _PARTS
    if not size:
        return []
    parts = [_middle(warm[size * place : size * (place + 1)]) for place in range(_PARTS)]
    end = warm[len(warm) * 3 // 4], warm[-1]
    if not all(_grows(before, after) for before, after in (*pairwise(parts), end)):
        return []
    first, last = parts[0], parts[-1]
    return [
        violation(
            "memory-grows",
            "Process grows although all tasks are purged",
            f"The process of {actor(last)} grew from {_size(first)} {when(history, first)} to "
            f"{_size(last)} {when(history, last)}, although it had completed and purged all tasks: "
            f"it keeps {_kept(first, last):.0%} of the bytes that were enqueued in between.",
            *parts,
        )
    ]


def _middle(purges: Sequence[Operation]) -> Operation:
    ordered = sorted(purges, key=lambda purge: purge.arguments["memory"])
    return ordered[len(ordered) // 2]


def _grows(before: Operation, after: Operation) -> bool:
    return before.number < after.number and _kept(before, after) > _SHARE


def _kept(before: Operation, after: Operation) -> float:
    """Return the growth between two purges as a share of what was enqueued between them."""
    grown, written = (
        after.arguments[name] - before.arguments[name] for name in ("memory", "written")
    )
    return float(grown / written)


def _size(purge: Operation) -> str:
    return f"{purge.arguments['memory']:,} bytes"
