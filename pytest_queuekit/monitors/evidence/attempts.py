"""How often a task may be tried, how often it certainly was, and how long it then waits."""

from __future__ import annotations

from pytest_queuekit.contract import Capability, Contract
from pytest_queuekit.history import Verb
from pytest_queuekit.monitors.evidence.holds import Holds
from pytest_queuekit.monitors.evidence.instants import NEVER, nanoseconds, number
from pytest_queuekit.monitors.evidence.lives import Delivery, Life


def limit_of(life: Life, contract: Contract) -> float:
    """Return the attempts after which a task may be given up.

    Where that is not declared, a queue that knows failure may give up after any second attempt.
    """
    asked = [number(one.arguments.get("max_attempts")) for one in life.enqueues]
    own = [one for one in asked if one is not None]
    if own:
        return min(own)
    if contract.retry is not None:
        return contract.retry.max_attempts
    gives_up = {Capability.FAIL, Capability.DEAD_LETTERS} & contract.capabilities
    return 2 if gives_up else NEVER


def failures(life: Life, delivery: Delivery, holds: Holds) -> int:
    """Return how often a task certainly failed, up to the end of a delivery."""
    return sum(
        holds.counts(life, one, ending)
        for one in life.deliveries
        if one.claim.start <= delivery.claim.start
        for ending in one.endings()
        if ending.verb is Verb.FAIL
    )


def waits(contract: Contract, least: int, most: int) -> tuple[float, float]:
    """Return the shortest and the longest wait, in nanoseconds, after `least` to `most` failures.

    Zero and zero where none is declared.
    """
    if contract.retry is None:
        return 0, 0
    every = [contract.retry.wait(count) for count in range(least, max(least, most) + 1)]
    shortest, longest = min(low for low, _ in every), max(high for _, high in every)
    return nanoseconds(shortest), nanoseconds(longest)
