"""How often a task may be tried, how often it certainly was, and how long it then waits."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import Capability, Retry
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import Operation, Verb
from pytest_queuekit.monitors.timeline.instants import NEVER, nanoseconds, number
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.tasks import Life


def declared_limit(life: Life, contract: Contract) -> float | None:
    """Return the failures after which a task must be given up; None where that is not declared."""
    asked = [number(one.arguments.get("max_attempts")) for one in life.enqueues]
    own = [one for one in asked if one is not None]
    if own:
        return min(own)
    return None if contract.retry is None else contract.retry.max_attempts


def limit_of(life: Life, contract: Contract) -> float:
    """Return the attempts after which a task may be given up.

    Where that is not declared, a queue that knows failure may give up after any second attempt.
    """
    declared = declared_limit(life, contract)
    if declared is not None:
        return declared
    gives_up = {Capability.FAIL, Capability.DEAD_LETTERS} & contract.capabilities
    return 2 if gives_up else NEVER


def failures(life: Life, holds: Holds) -> Iterator[tuple[int, Operation, int]]:
    """Return each certain failure of a task: the place of its delivery, and which one it is."""
    count = 0
    for place, delivery in enumerate(life.deliveries):
        for ending in delivery.endings():
            if ending.verb is Verb.FAIL and holds.counts(life, delivery, ending):
                count += 1
                yield place, ending, count


def waits(contract: Contract, least: int, most: int) -> tuple[float, float]:
    """Return the shortest and the longest wait, in nanoseconds, after `least` to `most` failures.

    Zero and zero where none is declared.
    """
    if contract.retry is None:
        return 0, 0
    ends = [_wait(contract.retry, least), _wait(contract.retry, most)]  # in between lies between
    return nanoseconds(min(low for low, _ in ends)), nanoseconds(max(high for _, high in ends))


def _wait(retry: Retry, count: int) -> tuple[float, float]:
    try:
        return retry.wait(count)
    except OverflowError:  # too large for a float: so the cap counts
        return retry.cap * (1 - retry.jitter), retry.cap * (1 + retry.jitter)
