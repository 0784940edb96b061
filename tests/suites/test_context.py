"""The context of a proof: the declaration, the adapter's code, the command to repeat."""

from __future__ import annotations

import pytest

from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Violation
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id
from pytest_queuekit.suites.context import with_context
from tests.queues.memory import MemoryQueue
from tests.report.build import broken, operation

ENQUEUED = operation(Verb.ENQUEUE, 0, task="task-1")
CLAIMED = operation(Verb.CLAIM, 1, task="task-1", result={})
COMPLETED = operation(Verb.COMPLETE, 2, task="task-1")
EMPTY = operation(Verb.CLAIM, 3)
FAILED = operation(Verb.FAIL, 2.2, task="task-1")
DECLINED = operation(Verb.FAIL, 2.3, task="task-1", outcome=Outcome.REFUSED)
COUNTED = operation(Verb.STATS, 2.4, result={})
OPENED = operation(Verb.OPEN, 2.5)
ADDED = operation(Verb.ENQUEUE, 0, task="task-1", arguments={"batch": 2})


_STANDARD = Effort()


def _run(
    *witness: Operation,
    rule: str = "ACK-6",
    effort: Effort = _STANDARD,
    declared: tuple[str, ...] = (),
    kind: str = "k",
) -> RuleRun:
    proof = Violation(kind=kind, title="t", detail="d", witness=witness, declared=declared)
    verdict = broken(rule, proof, queue="memory")
    queue = QueueUnderTest.of(MemoryQueue)
    detail = with_context(
        verdict, by_id(CATALOGUE)[rule], queue, effort, f"'queue-validate::{rule}[memory]'"
    ).detail
    assert isinstance(detail, RuleRun)
    return detail


@pytest.mark.parametrize(
    ("witness", "method"),
    [
        ((CLAIMED, COMPLETED, EMPTY), "complete"),
        ((ENQUEUED, CLAIMED, CLAIMED), "claim"),
        ((ENQUEUED, EMPTY), "claim"),
        ((ENQUEUED,), "enqueue"),
        ((ADDED,), "enqueue_many"),
        ((CLAIMED, COMPLETED, OPENED, EMPTY), "complete"),
        ((ENQUEUED, OPENED), "__init__"),
    ],
)
def test_the_code_is_that_of_the_culprit(witness: tuple[Operation, ...], method: str) -> None:
    """An empty claim that only shows the damage is not blamed for it."""
    assert _run(*witness).code.endswith(f" in {method}")
    assert "memory.py:" in _run(*witness).code


@pytest.mark.parametrize(
    ("kind", "witness", "methods"),
    [
        ("changed", (ENQUEUED, CLAIMED), ["enqueue", "claim"]),
        ("changed", (ADDED, CLAIMED), ["enqueue_many", "claim"]),
        ("converted", (ENQUEUED, CLAIMED), ["enqueue", "claim"]),
        ("invented", (CLAIMED,), ["enqueue", "claim"]),
        ("lost", (ENQUEUED, ENQUEUED, EMPTY), ["enqueue", "claim"]),
        ("keyed-lost", (ENQUEUED, EMPTY), ["enqueue", "claim"]),
        ("merged", (ENQUEUED, ENQUEUED, CLAIMED, EMPTY), ["enqueue", "claim"]),
        ("key-let-through", (ENQUEUED, ENQUEUED, CLAIMED, CLAIMED), ["enqueue"]),
        ("key-not-refused", (ENQUEUED, ENQUEUED), ["enqueue"]),
        ("not-replaced", (ENQUEUED, ENQUEUED, CLAIMED), ["enqueue"]),
        ("refused-but-kept", (ENQUEUED, CLAIMED), ["enqueue"]),
        ("turned-away", (CLAIMED, COMPLETED, ENQUEUED), ["enqueue"]),
    ],
)
def test_the_code_is_that_of_each_call_that_may_be_at_fault(
    kind: str, witness: tuple[Operation, ...], methods: list[str]
) -> None:
    """A claim only shows what an enqueue has stored, unless it changes that itself."""
    places = _run(*witness, kind=kind).code.split(", ")
    assert [place.rpartition(" ")[2] for place in places] == methods


@pytest.mark.parametrize(
    ("witness", "methods"),
    [
        ((CLAIMED, FAILED, CLAIMED), ["fail", "claim"]),
        ((CLAIMED, COMPLETED, FAILED, COUNTED), ["fail", "stats"]),
        ((CLAIMED, COUNTED), ["stats"]),
        ((CLAIMED, DECLINED, CLAIMED), ["claim"]),
    ],
)
def test_a_wrong_delivery_may_be_the_fault_of_the_change_before_it(
    witness: tuple[Operation, ...], methods: list[str]
) -> None:
    """A task that is delivered after its last failure was not given up by `fail`, or by `claim`."""
    places = _run(*witness).code.split(", ")
    assert [place.rpartition(" ")[2] for place in places] == methods


def test_a_method_that_is_not_the_adapters_own_is_not_its_code() -> None:
    """The base class belongs to the kit."""
    assert _run(operation(Verb.CLOSE, 0)).code == ""
    assert _run(operation(Verb.KILL, 0)).code == ""


def test_the_declaration_is_what_the_rule_needs() -> None:
    """A reader sees the promise that was broken, in the adapter's own words."""
    assert _run(CLAIMED, COMPLETED).declared == "complete, liveness=LEASE"


def test_the_broken_declaration_comes_first() -> None:
    """In place of the rule's own words for the same declaration."""
    run = _run(CLAIMED, COMPLETED, declared=("liveness=LEASE", "claim(lease=60)"))
    assert run.declared == "liveness=LEASE, claim(lease=60), complete"
    run = _run(CLAIMED, rule="SCHEDULE-1", declared=("enqueue(delay=10)",))
    assert run.declared == "enqueue(delay=10)"


def test_the_command_repeats_the_run() -> None:
    """With the queue, and the level where it is not the default."""
    spec = "tests.queues.memory:MemoryQueue"
    command = f"pytest 'queue-validate::ACK-6[memory]' --queue-impl {spec}"
    assert _run(CLAIMED).replay == command
    quick = Effort.at(Level.QUICK)
    assert _run(CLAIMED, effort=quick).replay == f"{command} --queue-level quick"
    assert _run(CLAIMED, effort=Effort(seed=7)).replay == f"{command} --queue-seed 7"
