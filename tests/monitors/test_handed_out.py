"""The monitor `handed_out`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

import pytest

from pytest_queuekit.monitors import handed_out
from tests.monitors.notation import Twins, kinds

REFUSED = "a: claim - refused; a: claim - refused; a: claim - refused"

TWINS = (
    Twins(
        kind="claims-fail",
        legal=f"p: enqueue t; {REFUSED}; a: claim t",
        illegal=f"p: enqueue t; {REFUSED}",
    ),
)

reported = partial(kinds, handed_out)


@pytest.mark.parametrize("outcome", ["refused", "busy", "unknown"])
def test_every_failure_counts(outcome: str) -> None:
    """Three in a row at the end of a run are enough, however they failed."""
    claims = f"; a: claim - {outcome}" * 3
    assert reported(f"p: enqueue t{claims}") == ["claims-fail"]
    assert reported(f"p: enqueue t{claims.removesuffix(outcome)} ok") == []


def test_one_of_the_tasks_of_a_key_is_ready() -> None:
    """That is the first, or one that has taken its place; a completed one leaves it open."""
    text = f"p: enqueue t key=k; a: claim t; a: %s t; p: enqueue u key=k; {REFUSED}"
    assert reported(text % "release") == ["claims-fail"]
    assert reported(text % "complete") == []


def test_a_queue_without_a_ready_task_may_refuse() -> None:
    """A task that is held, delayed or meant for other workers is not ready."""
    claims = "; b: claim - refused @4-5; b: claim - refused @6-7; b: claim - refused @8-9"
    assert reported(f"p: enqueue t @0-1{claims}") == ["claims-fail"]
    assert reported(f"p: enqueue t @0-1; a: claim t @2-3{claims}") == []
    assert reported(f"p: enqueue t delay=60 @0-1{claims}") == []
    needs = 'capabilities={"region":"EU"}'
    assert reported(f"p: enqueue t {needs} @0-1{claims}") == []
