"""The monitor `groups`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

import pytest

from pytest_queuekit.monitors import groups, no_false_empty
from tests.monitors.notation import Twins, kinds

TWO = (
    'p: enqueue t group="g" @0-1; p: enqueue u group="g" @1-2; a: claim t @3-4; %s; b: claim u @%s'
)

TWINS = (
    Twins(
        kind="group-overfull",
        legal=TWO % ("a: complete t @5-6", "5-7"),
        illegal=TWO % ("a: complete t @8-9", "5-7"),
    ),
)

reported = partial(kinds, groups)
empty = partial(kinds, no_false_empty)

OVERFULL = ["group-overfull"]


def test_a_limit_counts_the_tasks_that_workers_hold() -> None:
    """The limit is the declared one, and only tasks of one group count."""
    text = TWO % ("p: stats", "5-7")
    assert reported(text) == OVERFULL
    assert reported(text, group_limit=2) == []
    assert reported(text.replace('t group="g"', 't group="h"')) == []
    assert reported(text.replace('t group="g"', "t")) == []


@pytest.mark.parametrize("verb", ["complete", "fail", "release"])
def test_an_acknowledgement_frees_a_slot_from_its_start(verb: str) -> None:
    """The queue may take it into account at once."""
    assert reported(TWO % (f"a: {verb} t @5-9", "5-6")) == []
    assert reported(TWO % (f"a: {verb} t @5-9 refused", "5-6")) == OVERFULL


def test_an_expired_lease_frees_a_slot() -> None:
    """The lease of 10 s counts from the claim's start."""
    assert reported(TWO % ("p: stats", "12-14")) == []
    assert reported(TWO % ("p: stats", "11-12")) == OVERFULL


def test_a_requeued_task_keeps_its_group() -> None:
    """A requeue may end what a worker holds, and the claim after it holds the task again."""
    requeued = TWO % ("a: fail t @5-6; p: requeue t @7-8; a: claim t @9-10%s", "11-12")
    assert reported(requeued % "") == OVERFULL
    assert reported(requeued % "; p: requeue t @10-11") == []
    assert reported(requeued.replace("@7-8", "@7-9") % "") == []


def test_a_full_group_is_empty_for_a_claim() -> None:
    """While the limit is held, an empty answer is right; after a slot is free, it is wrong."""
    text = TWO % ("b: claim - @5-6; a: fail t @7-8; b: claim - @%s", "20-21")
    assert empty(text % "7-9") == []
    assert empty(text % "9-10") == ["said-empty"]
