"""The monitor `poison`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Retry
from pytest_queuekit.monitors import poison
from tests.monitors.notation import Twins, contract, history, kinds

TWINS = (
    Twins(
        kind="never-given-up",
        legal="p: enqueue t; a: claim t; b: claim t @20-21",
        illegal="p: enqueue t; a: claim t; b: claim t @20-21; c: claim t @40-41",
        declared={"retry": Retry(max_attempts=1)},
    ),
)

TWICE = "p: enqueue t %s; a: claim t; b: claim t @20-21"
THRICE = TWICE + "; c: claim t @40-41"


def test_the_limit_of_the_task_overrides_the_declared_limit() -> None:
    """One delivery more than the limit is allowed: queues count attempts at different moments."""
    often = Retry(max_attempts=9)
    assert kinds(poison, THRICE % "max_attempts=2", retry=often) == []
    assert kinds(poison, THRICE % "max_attempts=1", retry=often) == ["never-given-up"]


def test_without_a_limit_a_task_may_come_for_ever() -> None:
    """Neither the queue nor the enqueue declares one."""
    assert kinds(poison, THRICE % "") == []


def test_the_detail_cites_the_limit() -> None:
    """The source is the declaration, or the option of the enqueue."""
    declared = contract(retry=Retry(max_attempts=1, first=5))
    (violation,) = poison(history(THRICE % ""), declared)
    assert violation.detail == (
        "t was delivered 3 times, each time to a worker that vanished "
        "(declared `Retry(max_attempts=1)`)."
    )
    (violation,) = poison(history(THRICE % "max_attempts=1"), contract())
    assert "(enqueued with max_attempts=1)" in violation.detail
