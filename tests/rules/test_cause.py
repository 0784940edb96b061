"""Two violations share a cause only if nothing could tell their causes apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.rules.cause import cause_of
from tests.monitors.notation import history

PLAIN = "p: enqueue t @0-1 priority=5; a: claim t @2-3 lease=60; b: claim t @4-5 lease=60"


def proof(text: str, **fields: str) -> Violation:
    """Return a violation whose witness is a whole history."""
    given: dict[str, Any] = {
        "kind": "double-delivery",
        "title": "Task delivered twice",
        "detail": "",
        **fields,
    }
    return Violation(witness=history(text).operations, **given)


def cause(text: str, *world: str, **fields: str) -> str:
    """Return the cause of such a violation."""
    return cause_of(proof(text, **fields), world=world)


@pytest.mark.parametrize(
    "alike",
    [
        PLAIN.replace("t ", "u ").replace("a:", "w:"),
        PLAIN.replace("lease=60", "lease=30").replace("priority=5", "priority=7"),
        "p: enqueue t @0-1 priority=5; x: open - @1-1.5; a: claim t @2-3 lease=60"
        "; c: claim t @3.5-3.6 lease=60; b: claim t @4-5 lease=60",
    ],
    ids=["other names", "other values of a kind", "an opening and one more time"],
)
def test_names_values_and_repetitions_make_no_other_cause(alike: str) -> None:
    """They differ between two rules that meet one fault."""
    assert cause(alike) == cause(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("b: claim t @4-5 lease=60", "b: claim - @4-5 lease=60"),
        PLAIN.replace("b: claim t @4-5 lease=60", "b: claim t @4-5 lease=60 busy"),
        PLAIN.replace("b: claim t @4-5 lease=60", "b: claim t @4-"),
        PLAIN.replace("priority=5", "priority=0"),
        PLAIN.replace("priority=5", "priority=-5"),
        PLAIN.replace("priority=5", "priority=5 key='k'".replace("'", '"')),
        PLAIN.replace("b:", "a: fail t @3.5-3.6 refused; b:"),
        PLAIN.replace("@4-5", "@2.5-5"),
    ],
    ids=[
        "another answer",
        "a busy answer",
        "no answer",
        "another sort of value",
        "a negative value",
        "another option",
        "another call between",
        "at the same time",
    ],
)
def test_each_difference_that_may_be_the_cause_makes_another_one(other: str) -> None:
    """A cause that is hidden behind another is worse than one that is shown twice."""
    assert cause(other) != cause(PLAIN)


def test_title_kind_and_world_belong_to_the_cause() -> None:
    """The same calls may break two promises, and a kill or a full disk may be behind them."""
    texts = {
        cause(PLAIN),
        cause(PLAIN, title="Task lost"),
        cause(PLAIN, kind="lost"),
        cause(PLAIN, "kill"),
        cause(PLAIN, "CLOCK"),
    }
    assert len(texts) == 5


def test_errors_are_compared_without_their_numbers_and_with_their_place() -> None:
    """The number of a task in the message is chance; the line that raised the error is not."""
    wrong = proof("a: claim t; a: complete t unknown")

    def failing(error: str, place: str) -> str:
        last = replace(wrong.witness[-1], error=error, raised_at=place)
        return cause_of(replace(wrong, witness=(*wrong.witness[:-1], last)), world=())

    here = failing("KeyError: 17", "shop.py:3 in done")
    assert here == failing("KeyError: 4", "shop.py:3 in done")
    assert here != failing("KeyError: 17", "shop.py:9 in done")
    assert here != failing("TypeError: 17", "shop.py:3 in done")


def test_a_payload_beyond_its_label_belongs_to_the_cause() -> None:
    """A queue may change one payload and not another."""
    enqueue = 'p: enqueue t payload="{}"; a: claim t'
    assert cause(enqueue) != cause(enqueue.replace("{}", "[]"))


def test_without_calls_the_cause_is_open() -> None:
    """Nothing to compare is never the same."""
    assert cause_of(Violation(kind="lost", title="Lost", detail=""), world=()) == ""
