"""An adapter that the kit could not call, or not understand, is refused before anything runs."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter import Limitation
from pytest_queuekit.model.capabilities import Guarantee, KeyHold, Liveness, Order, Retry
from pytest_queuekit.model.contract import Contract
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue


async def several(self: Any, claim: Any) -> AsyncIterator[None]:
    """Complete, if anybody iterates over it."""
    yield


def piecemeal(self: Any, claim: Any) -> Iterator[None]:
    """Complete, if anybody iterates over it."""
    yield


def without_claim(self: Any) -> None:
    """Take too little."""


def with_more(self: Any, claim: Any, reason: str) -> None:
    """Ask for too much."""


def with_options(self: Any, claim: Any, *more: Any, reason: str = "") -> None:
    """Ask for what the kit gives."""


@pytest.mark.parametrize(
    ("complete", "message"),
    [
        (several, "generator"),
        (piecemeal, "generator"),
        (without_claim, r"must define complete\(self, claim\)"),
        (with_more, r"must define complete\(self, claim\)"),
    ],
)
def test_methods_that_would_do_nothing_are_refused(
    complete: Callable[..., Any], message: str
) -> None:
    """A generator that nobody iterates over would pass for a completion."""
    adapter = type("Odd", (MemoryQueue,), {"complete": complete})
    with pytest.raises(AdapterError, match=message):
        Contract.of(adapter)


@pytest.mark.parametrize("complete", [with_options, staticmethod(print), property(print)])
def test_methods_of_other_kinds_are_left_to_the_calls(complete: Any) -> None:
    """Only what certainly cannot be called is refused."""
    Contract.of(type("Odd", (MemoryQueue,), {"complete": complete}))


@pytest.mark.parametrize("attribute", ["refuses", "busy"])
@pytest.mark.parametrize("kind", [Exception, BaseException, "OSError", OSError(), int])
def test_errors_that_mean_anything_or_nothing_are_refused(attribute: str, kind: Any) -> None:
    """With `Exception` among its refusals a queue that always fails would be beyond reproach."""
    adapter = type("Odd", (MemoryQueue,), {attribute: (kind,)})
    with pytest.raises(AdapterError, match=attribute):
        Contract.of(adapter)


def test_an_order_has_a_meaning() -> None:
    """A word that no rule knows would be found by one of them, in the middle."""
    unknown: Any = "low"
    with pytest.raises(AdapterError, match="priority='low' must be 'lower-first'"):
        Order(priority=unknown)
    with pytest.raises(AdapterError, match="ties"):
        Order(ties=unknown)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Retry(max_attempt=1),  # type: ignore[call-arg]
            "Retry: max_attempt=1 is unknown; did you mean 'max_attempts'?",
        ),
        (
            lambda: Order(tie="lifo"),  # type: ignore[call-arg]
            "Order: tie='lifo' is unknown; did you mean 'ties'?",
        ),
        (
            lambda: Order(fair=True),  # type: ignore[call-arg]
            "Order: fair=True is unknown; it takes priority, ties, redelivery, resolution",
        ),
        (
            lambda: Limitation(rule="ACK-6", why="so", source="README"),  # type: ignore[call-arg]
            "Limitation: why='so' is unknown; it takes rule, reason, source",
        ),
        (
            lambda: Retry(3),  # type: ignore[call-arg]
            "Retry takes its values by name, as Retry(max_attempts=…)",
        ),
    ],
)
def test_a_misspelt_value_of_a_declaration_is_told_the_right_name(
    make: Callable[[], object], message: str
) -> None:
    """Python's own error would name the class's constructor and no other name."""
    with pytest.raises(AdapterError) as raised:
        make()
    assert str(raised.value) == message


def test_a_declaration_can_be_copied() -> None:
    """It goes to other processes, and tests change a part of it."""
    retry = Retry(max_attempts=3, first=10)
    assert pickle.loads(pickle.dumps(retry)) == retry  # noqa: S301 - our own bytes
    assert replace(retry, first=5) == Retry(max_attempts=3, first=5)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"max_attempts": 0}, "max_attempts=0 must be a whole number of at least 1"),
        ({"max_attempts": 2.5}, "max_attempts=2.5 must be a whole number"),
        ({"max_attempts": 2, "first": -1}, "first=-1 must be a number of seconds"),
        ({"max_attempts": 2, "cap": float("nan")}, "cap=nan must be a number of seconds"),
        ({"max_attempts": 2, "factor": -2}, "factor=-2 must be a finite number from 0 on"),
        ({"max_attempts": 2, "jitter": 1.5}, "jitter=1.5 must be a share from 0 to 1"),
    ],
)
def test_a_retry_is_possible(declared: Any, message: str) -> None:
    """No queue can be measured by waits that are no times."""
    with pytest.raises(AdapterError, match=message):
        Retry(**declared)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"order": "fifo"}, r"order='fifo' must be of type Order, as Order\(ties=\"fifo\"\)"),
        ({"retry": 3}, r"must be of type Retry, as Retry\(max_attempts=3\) or None"),
        ({"key_hold": "for ever"}, "must be KeyHold.UNTIL_CLAIM or KeyHold.UNTIL_COMPLETION or"),
        ({"key_hold": KeyHold.FOR_A_TIME}, "KeyHold.FOR_A_TIME needs key_seconds, such as 300"),
        ({"key_hold": KeyHold.FOR_A_TIME, "key_seconds": 0}, "key_seconds=0 must be .* above 0"),
        ({"resolution": -1.0}, "resolution=-1.0 must be a number of seconds"),
        ({"lease_seconds": 0}, "lease_seconds=0 must be a number of seconds above 0"),
    ],
)
def test_a_declaration_of_another_form_is_told_the_right_one(declared: Any, message: str) -> None:
    """The message shows what to write."""
    with pytest.raises(AdapterError, match=message):
        Contract.of(type("Odd", (MemoryQueue,), declared))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), True])
def test_a_time_to_notice_is_a_number_above_zero(seconds: float) -> None:
    """A dead worker is noticed after a finite time, and not at once."""
    members = {"liveness": Liveness.PROCESS, "notice_seconds": seconds}
    with pytest.raises(AdapterError, match=r"notice_seconds=.* above 0"):
        Contract.of(type("Odd", (MemoryQueue,), members))


@pytest.mark.parametrize("liveness", [Liveness.NONE, Liveness.LEASE])
def test_a_time_to_notice_without_effect_is_refused(liveness: Liveness) -> None:
    """The time of a lease is declared elsewhere, and without liveness there is none."""
    members = {"liveness": liveness, "notice_seconds": 5.0}
    with pytest.raises(AdapterError, match=r"no effect without Liveness\.HEARTBEAT"):
        Contract.of(type("Odd", (MemoryQueue,), members))


def test_a_time_to_notice_has_a_default() -> None:
    """A queue that watches its workers notices a death within ten seconds."""
    watching = {"liveness": Liveness.HEARTBEAT}
    assert Contract.of(type("Odd", (MemoryQueue,), watching)).notice == 10
    assert Contract.of(type("Odd", (MemoryQueue,), {**watching, "notice_seconds": 3})).notice == 3


def test_at_least_once_without_liveness_is_a_contradiction() -> None:
    """A worker that dies unnoticed keeps its task, so the task is delivered at most once."""
    unnoticed = type("Odd", (SmallSqliteQueue,), {"liveness": Liveness.NONE})
    assert "AT_LEAST_ONCE contradicts liveness=NONE" in Contract.of(unnoticed).contradiction
    once = type("Once", (unnoticed,), {"guarantee": Guarantee.AT_MOST_ONCE})
    assert Contract.of(once).contradiction == ""
    asked = type("Asked", (unnoticed,), {"reclaim": lambda self: None})
    assert Contract.of(asked).contradiction == ""
    assert Contract.of(MemoryQueue).contradiction == ""
